import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Folder of a function's bundle, by the function's name. */
export type Bundles = (name: string) => string

/** ESM has no `require`; CommonJS packages inside a bundle still call it. */
const REQUIRE_BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

/** What reads these files finds them beside itself, bundled or not. */
const MIGRATIONS = {
  reader: 'shared/adapters/postgres/migration-files.ts',
  folder: 'shared/adapters/postgres/migrations',
}

/** Runs a bundle's `server.mjs` as a process. */
const MAIN = fileURLToPath(new URL('../shared/adapters/http-server/main.ts', import.meta.url))

/**
 * Bundles every function below `root/functions` into a folder of its own, all at once. What a
 * handler imports dynamically stays a file of its own, so that it costs nothing until it is used.
 * The same sources give the same bytes.
 *
 * One esbuild run per function, side by side in one esbuild process: a run over all entry points
 * would put what functions share into common chunks, which no single folder could carry.
 */
export async function bundleFunctions(root: string, outputFolder: string): Promise<Bundles> {
  await Promise.all(
    functionNames(root).map(async (name) => {
      const { metafile } = await build({
        absWorkingDir: root,
        entryPoints: entriesOf(root, name),
        outdir: join(outputFolder, name),
        outExtension: { '.js': '.mjs' },
        chunkNames: '[name]-[hash]',
        bundle: true,
        splitting: true,
        minify: true,
        format: 'esm',
        platform: 'node',
        target: 'node24',
        mainFields: ['module', 'main'],
        banner: { js: REQUIRE_BANNER },
        sourcemap: 'linked',
        sourcesContent: false,
        legalComments: 'none',
        // Lambda's runtime has the clients, though not every other package of the SDK.
        external: ['@aws-sdk/client-*'],
        logLevel: 'warning',
        metafile: true,
      })
      if (MIGRATIONS.reader in metafile.inputs) {
        const beside = join(outputFolder, name, 'migrations')
        cpSync(join(root, MIGRATIONS.folder), beside, { recursive: true })
      }
    }),
  )
  return (name) => join(outputFolder, name)
}

/**
 * `index.mjs` is the handler. With a `server.ts` beside it there are two more: `server.mjs`, for a place
 * that takes requests as they come and hands them over, and `listen.mjs`, which is such a place.
 */
function entriesOf(root: string, name: string): Record<string, string> {
  const index = `functions/${name}/handler.ts`
  const server = `functions/${name}/server.ts`
  return existsSync(join(root, server)) ? { index, server, listen: MAIN } : { index }
}

/** Every folder with a handler is a function. */
export function functionNames(root: string): readonly string[] {
  return readdirSync(join(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .filter(({ name }) => readdirSync(join(root, 'functions', name)).includes('handler.ts'))
    .map(({ name }) => name)
    .sort()
}
