import { setTimeout as pause } from 'node:timers/promises'
import { planSteps, type Step } from '../../domain/migration-plan.ts'
import { Failure } from '../../errors.ts'
import type { MigrateOptions, MigrationStep } from '../../ports/database-schema.ts'
import { ask, isTransient, type Sql } from './connect.ts'
import { migrationsFolder, readMigrations, readStep } from './migration-files.ts'
import { MIGRATION_LOCK } from './migration-lock.ts'
import { prepareRecords, readApplied, recordStep } from './migration-records.ts'
import { type OwnConnection, ownConnection } from './own-connection.ts'

type Options = MigrateOptions & {
  /** Folder of the SQL files; ours when left out. */
  folder?: string
  /** Told in words what goes on. */
  report?: (progress: string) => void
  /** How long a step may wait for a table, and how often it tries. */
  tableWait?: Readonly<{ waitMs: number; tries: number }>
  /** A statement that runs longer is cancelled by the server, even when whoever began it is gone. */
  statementTimeoutMs?: number
}

/** How long another run is waited for: a little less than a deploy step may take. */
const RUN_WAIT_MS = 840_000
const RUN_POLL_MS = 100
const STATEMENT_TIMEOUT_MS = 840_000
/**
 * Who waits for a table makes everyone behind wait too, readers as well: so not for long, and again
 * a moment later. Together a minute.
 */
const TABLE_WAIT = { waitMs: 2_000, tries: 20 }
const TABLE_PAUSE_MS = 1_000
const PROGRESS_MS = 10_000
/** A server that runs a step looks so often whether its client is still there. */
const CLIENT_CHECK_MS = 2_000

/**
 * Brings the database to a migration, forward or back, each step in a transaction of its own. Safe
 * to run twice and side by side: one runs, the others wait and then find nothing to do. One that is
 * killed leaves the steps that were done; the next run goes on from there.
 *
 * @throws `Conflict` when the database was migrated by other files, or would lose data unasked
 * @throws `InvalidInput` for a target there is not
 * @throws `Unavailable` when the database, a table or the turn could not be had
 */
export async function migrate(sql: Sql, options: Options = {}): Promise<readonly MigrationStep[]> {
  const folder = options.folder ?? migrationsFolder
  const migrations = await readMigrations(folder)
  const connection = ownConnection(sql)
  try {
    const plan = async () => {
      const planned = planSteps(migrations, await readApplied(connection), options)
      if (planned.type === 'run') return planned.steps
      throw new Failure(planned.kind, planned.reason)
    }
    const steps = options.dryRun
      ? await plan()
      : await inTurn(connection, options, async () => {
          const planned = await plan()
          await prepareRecords(connection, migrations)
          for (const step of planned) await runStep(connection, folder, step, options)
          return planned
        })
    return steps.map(({ migration, direction }) => ({ name: migration.name, direction }))
  } catch (error) {
    if (error instanceof Failure || !isTransient(error)) throw error
    throw new Failure('Unavailable', `database: ${(error as Error).message}`, { cause: error })
  } finally {
    await connection.end()
  }
}

/** Holds the one lock of all migrations meanwhile: it goes with the connection. */
async function inTurn<T>(
  connection: OwnConnection,
  { report, statementTimeoutMs = STATEMENT_TIMEOUT_MS }: Options,
  work: () => Promise<T>,
): Promise<T> {
  await ask(connection.sql`
    select set_config('statement_timeout', ${String(statementTimeoutMs)}, false),
      set_config('client_connection_check_interval', ${String(CLIENT_CHECK_MS)}, false)`)
  await takeTurn(connection, report)
  return work()
}

/** Asked again and again: a statement that waits would hold up others of the server for its age. */
async function takeTurn(connection: OwnConnection, report: Options['report']): Promise<void> {
  const deadline = performance.now() + RUN_WAIT_MS
  for (let told = false; ; told = true) {
    const [turn] = await connection.sql<{ ours: boolean }[]>`
      select pg_try_advisory_lock(${MIGRATION_LOCK}) as ours`
    if (turn?.ours) return
    if (performance.now() > deadline) {
      throw new Failure('Unavailable', 'another run of the migrations does not end')
    }
    if (!told) report?.('waiting for another run to end')
    await pause(RUN_POLL_MS)
  }
}

async function runStep(
  connection: OwnConnection,
  folder: string,
  step: Step,
  { report, tableWait = TABLE_WAIT }: Options,
): Promise<void> {
  const label = `${step.direction} ${step.migration.name}`
  const text = await readStep(folder, step.migration.name, step.direction)
  const began = performance.now()
  const seconds = () => `${((performance.now() - began) / 1_000).toFixed(1)} s`
  report?.(`${label} ...`)
  const ticking = setInterval(() => report?.(`${label} has been running ${seconds()}`), PROGRESS_MS)
  try {
    for (let tries = 1; ; tries++) {
      const waited = await tryStep(connection, text, step, tableWait.waitMs)
      if (!waited) break
      if (tries >= tableWait.tries) throw waited
      report?.(`${label} waits for a table that others use`)
      await pause(TABLE_PAUSE_MS)
    }
  } catch (error) {
    throw failed(label, error)
  } finally {
    clearInterval(ticking)
  }
  report?.(`${label} done in ${seconds()}`)
}

/** One try, as a whole or not at all. @returns the error when a table was not to be had */
async function tryStep(
  connection: OwnConnection,
  text: string,
  step: Step,
  waitMs: number,
): Promise<Error | undefined> {
  await connection.sql`begin`
  try {
    await connection.sql`select set_config('lock_timeout', ${String(waitMs)}, true)`
    await recordStep(connection, step)
    await connection.sql.unsafe(text)
    await connection.sql`commit`
    return undefined
  } catch (error) {
    // What broke the connection rolled back too; why it broke is what has to be told.
    if (!connection.closed) await connection.sql`rollback`.catch(() => undefined)
    if (isLockTimeout(error)) return error
    throw error
  }
}

/** `lock_not_available` or `deadlock_detected`: the tables were in use, nothing else is wrong. */
function isLockTimeout(error: unknown): error is Error {
  const { code } = error as { code?: unknown }
  return error instanceof Error && (code === '55P03' || code === '40P01')
}

function failed(label: string, error: unknown): Error {
  const message = `migration ${label} failed: ${(error as Error).message}`
  const hint = isLockTimeout(error) ? '; pg_stat_activity shows who holds the table' : ''
  return isTransient(error)
    ? new Failure('Unavailable', message + hint, { cause: error })
    : new Error(message, { cause: error })
}
