import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleFunctions, functionNames } from '#stacks/bundle.ts'
import type { BenchOptions } from './report.ts'
import { type Figure, quantile, type Report } from './report.ts'

const RUNS = 7
const ATMOST_MS = 150
const RECEIVER_ATMOST_BYTES = 1_048_576

/** Nothing is connected to at import; the schemes decide which adapters are loaded, as in AWS. */
const ENVIRONMENT = {
  EVENT_LOG_URL: 'kafka://127.0.0.1:1',
  DATABASE_URL: 'postgres://u:p@127.0.0.1:1/none',
  DATABASE_READER_URL: 'postgres://u:p@127.0.0.1:1/none',
  DATABASE_ADMIN_URL: 'postgres://u:p@127.0.0.1:1/none',
  ACCESS_SNAPSHOT_URL: 'file:///nonexistent/snapshot.json',
  SPILL_URL: 'file:///nonexistent/spill',
  DISCOVERY_URL: 'postgres://u:p@127.0.0.1:1/none',
  CATALOG_URL: 'file:///nonexistent/catalog/',
  UPSTREAM_NETWORKS: '',
  ZONE: '',
  SOURCE_SECRETS_KEY: Buffer.alloc(32).toString('base64'),
}

/** Import of each bundle in a fresh Node, beside that of an empty file. */
export async function coldStart({ smoke }: BenchOptions): Promise<Report> {
  const root = join(import.meta.dirname, '..')
  const folder = mkdtempSync(join(tmpdir(), 'omninode-bundles-'))
  try {
    const bundles = await bundleFunctions(root, folder)
    const empty = join(folder, 'empty.mjs')
    writeFileSync(empty, 'export const handler = () => undefined\n')
    const runs = smoke ? 1 : RUNS
    const figures: Figure[] = [{ name: 'an empty file', value: importMs(empty, runs), unit: 'ms' }]
    for (const name of functionNames(root)) {
      const file = join(bundles(name), 'index.mjs')
      figures.push({ name, value: importMs(file, runs), unit: 'ms', atMost: ATMOST_MS })
      figures.push({
        name: `${name}, all chunks`,
        value: bytesOf(bundles(name)),
        unit: 'bytes',
        ...(name === 'hook-receiver' ? { atMost: RECEIVER_ATMOST_BYTES } : {}),
      })
    }
    return { figures, notes: [`median of ${runs}, Node ${process.version}, Kafka as event log`] }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function importMs(file: string, runs: number): number {
  // Lambda's runtime has this global; a function that streams its answer takes it at import.
  const script = `globalThis.awslambda = { streamifyResponse: (handler) => handler }
    const started = performance.now()
    await import(${JSON.stringify(file)})
    console.log(performance.now() - started)
    process.exit()`
  const times = Array.from({ length: runs }, () => {
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, ...ENVIRONMENT },
      encoding: 'utf8',
    })
    return Number(output.trim().split('\n').at(-1))
  })
  return quantile(times, 0.5)
}

function bytesOf(folder: string): number {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
}
