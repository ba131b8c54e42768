import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '#local/postgres.ts'
import { type DeploymentRun, runDeploy } from '#test/support/deployment.ts'
import {
  type Emulator,
  type EmulatorName,
  hasEmulator,
  startEmulator,
} from '#test/support/emulators.ts'
import type { BenchOptions, Figure, Report } from './report.ts'

type Emulated = Readonly<{ name: EmulatorName; atMostS: number; port: number }>

const emulators: readonly Emulated[] = [
  { name: 'MiniStack', atMostS: 45, port: 19_640 },
  { name: 'LocalStack', atMostS: 90, port: 19_650 },
]

/**
 * `npm run deploy` of the compose stage, as a user waits for it: synthesis, bootstrap where it is due,
 * every stack, database and topics. Both log and database are PostgreSQL.
 */
export async function deploy({ smoke }: BenchOptions): Promise<Report> {
  const figures: Figure[] = []
  const notes: string[] = []
  const there = emulators.filter(({ name }) => {
    if (!hasEmulator(name)) notes.push(`${name}: not measured, ../shared/parts has none here`)
    return hasEmulator(name)
  })
  const folder = mkdtempSync(join(tmpdir(), 'omninode-deploy-'))
  await chmod(folder, 0o711)
  const postgres = await startPostgres({ dataDir: join(folder, 'data', 'postgres'), fsync: false })
  try {
    for (const each of smoke ? there.slice(0, 1) : there) {
      const { name, port } = each
      const started = await startEmulator(name, {
        ...{ name: `omninode-bench-${process.pid}`, port },
      }).catch((error: Error) => {
        notes.push(`${name}: not measured, ${error.message.trim().split('\n').at(-1)}`)
        return undefined
      })
      if (!started) continue
      const measured = measure(each, started, postgres.url, join(folder, name))
      figures.push(...(await measured.finally(() => started.stop())))
    }
  } finally {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { figures, notes }
}

async function measure(
  { name, atMostS }: Emulated,
  emulator: Emulator,
  databaseUrl: string,
  synthFolder: string,
): Promise<readonly Figure[]> {
  const env = {
    ...emulator.env,
    DATABASE_URL: databaseUrl,
    EVENT_LOG_URL: databaseUrl,
    SOURCE_SECRETS_KEY: randomBytes(32).toString('base64'),
    SYNTH_FOLDER: synthFolder,
  }
  const first = await succeeded(env)
  const second = await succeeded(env)
  return [
    { name: `${name}, with bootstrap`, value: first.ms / 1_000, unit: 's', atMost: atMostS },
    { name: '  synthesis', ...between(first, 'Synthesising', '  written in') },
    { name: '  bootstrap', ...between(first, 'Bootstrapping', 'Deploying') },
    { name: '  ground stacks', ...between(first, 'Deploying', 'Preparing') },
    { name: '  database and topics', ...between(first, 'Preparing', 'Deploying') },
    { name: '  all other stacks', ...between(first, 'Deploying', 'OmniNode', 'Preparing') },
    { name: `${name}, again without a change`, value: second.ms / 1_000, unit: 's' },
  ]
}

async function succeeded(env: Readonly<Record<string, string>>): Promise<DeploymentRun> {
  const deployed = await runDeploy(['--stage', 'compose'], env)
  if (deployed.code !== 0) throw new Error(`it could not be deployed to: ${deployed.output}`)
  return deployed
}

/** Seconds between the first lines that begin so, the second behind the first, both behind `behind`. */
function between({ lines }: DeploymentRun, from: string, to: string, behind = '') {
  const start = lines.findIndex(({ text }) => text.startsWith(behind))
  const first = lines.findIndex(({ text }, at) => at >= start && text.startsWith(from))
  const last = lines.findIndex(({ text }, at) => at > first && text.startsWith(to))
  const ms = (lines[last]?.ms ?? Number.NaN) - (lines[first]?.ms ?? Number.NaN)
  return { value: ms / 1_000, unit: 's' }
}
