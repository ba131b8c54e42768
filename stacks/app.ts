import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '#shared/errors.ts'
import { bundleFunctions } from './bundle.ts'
import { isStageName, type StageName, stageNames } from './stage.ts'
import { synthesise } from './synthesise.ts'

/**
 * The CDK app: `node stacks/app.ts [stage ...]` writes each stage, all without an argument, as a
 * cloud assembly of its own under `cdk.out/<stage>`. Under the `cdk` command, which names one output
 * folder, it writes the one stage that `-c stage=...` names, `aws` without.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)))

type Context = Readonly<{ stage?: string }>

function assemblies(): readonly { stage: StageName; folder: string }[] {
  const cdkFolder = process.env.CDK_OUTDIR
  if (cdkFolder) {
    const { stage = 'aws' } = JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}') as Context
    return [{ stage: known(stage), folder: cdkFolder }]
  }
  const chosen = process.argv.slice(2).map(known)
  const outputRoot = process.env.SYNTH_FOLDER ?? join(root, 'cdk.out')
  return (chosen.length === 0 ? stageNames : chosen).map((stage) => ({
    stage,
    folder: join(outputRoot, stage),
  }))
}

function known(stage: string): StageName {
  if (isStageName(stage)) return stage
  throw new Error(`There is no stage '${stage}': choose ${stageNames.join(', ')}.`)
}

const wanted = assemblies()
const bundleFolder = mkdtempSync(join(tmpdir(), 'omninode-bundles-'))
try {
  await writeAll()
} catch (error) {
  if (!(error instanceof Failure)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
} finally {
  rmSync(bundleFolder, { recursive: true, force: true })
}

async function writeAll(): Promise<void> {
  const bundles = await bundleFunctions(root, bundleFolder)
  for (const { stage, folder } of wanted) {
    rmSync(folder, { recursive: true, force: true })
    synthesise({ stage, bundles }, folder)
  }
}
