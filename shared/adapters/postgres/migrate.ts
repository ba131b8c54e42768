import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from './connect.ts'

/** One numbered step: `0001-log.up.sql` goes forward, `0001-log.down.sql` takes it back. */
type Migration = Readonly<{ number: number; name: string }>

export type AppliedStep = Readonly<{ name: string; direction: 'up' | 'down' }>

type MigrateOptions = {
  /** Folder of the SQL files. */
  folder: string
  /** The number to end at; the newest when left out, 0 for none. */
  target?: number
  /** Say what would be done, and do nothing. */
  dryRun?: boolean
}

// Any number serves, as long as no other tool of the database takes the same one.
const MIGRATION_LOCK = 4_206_900_001

/**
 * Brings the database to a migration, forward or back, each step in a transaction of its own. Safe
 * to run twice and side by side: one runs, the others wait and then find nothing to do.
 */
export async function migrate(sql: Sql, options: MigrateOptions): Promise<readonly AppliedStep[]> {
  const migrations = await readMigrations(options.folder)
  const target = options.target ?? migrations.at(-1)?.number ?? 0
  const connection = await sql.reserve()
  try {
    await connection`set statement_timeout = 0`
    await connection`select pg_advisory_lock(${MIGRATION_LOCK})`
    const applied = await appliedNumbers(connection)
    const steps = planSteps(migrations, applied, target)
    if (!options.dryRun) for (const step of steps) await apply(connection, options.folder, step)
    return steps.map(({ migration, direction }) => ({ name: migration.name, direction }))
  } finally {
    await connection`select pg_advisory_unlock(${MIGRATION_LOCK})`.catch(() => undefined)
    await connection`reset statement_timeout`.catch(() => undefined)
    connection.release()
  }
}

type Step = Readonly<{ migration: Migration; direction: 'up' | 'down' }>

/** What to run, in order: forward up to the target, or back down to it. */
export function planSteps(
  migrations: readonly Migration[],
  applied: ReadonlySet<number>,
  target: number,
): readonly Step[] {
  const up = migrations.filter(({ number }) => number <= target && !applied.has(number))
  const down = migrations.filter(({ number }) => number > target && applied.has(number))
  return [
    ...down.reverse().map((migration) => ({ migration, direction: 'down' }) as const),
    ...up.map((migration) => ({ migration, direction: 'up' }) as const),
  ]
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const files = await readdir(folder)
  return files
    .filter((file) => file.endsWith('.up.sql'))
    .sort()
    .map((file) => ({
      number: Number.parseInt(file, 10),
      name: file.replace(/\.up\.sql$/, ''),
    }))
}

type Connection = Awaited<ReturnType<Sql['reserve']>>

async function appliedNumbers(connection: Connection): Promise<ReadonlySet<number>> {
  await connection`
    create table if not exists public.bridge_migration (
      number integer primary key,
      name text not null,
      applied_at timestamptz not null default now()
    )`
  const rows = await connection<{ number: number }[]>`select number from public.bridge_migration`
  return new Set(rows.map(({ number }) => number))
}

async function apply(connection: Connection, folder: string, step: Step): Promise<void> {
  const { migration, direction } = step
  const text = await readFile(join(folder, `${migration.name}.${direction}.sql`), 'utf8')
  await connection`begin`
  try {
    await connection.unsafe(text)
    if (direction === 'up') {
      await connection`
        insert into public.bridge_migration (number, name)
        values (${migration.number}, ${migration.name})`
    } else {
      await connection`delete from public.bridge_migration where number = ${migration.number}`
    }
    await connection`commit`
  } catch (error) {
    await connection`rollback`
    throw new Error(`migration ${migration.name} (${direction}) failed`, { cause: error })
  }
}
