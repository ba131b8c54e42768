import type { AppliedMigration, Migration, Step } from '../../domain/migration-plan.ts'
import { ask } from './connect.ts'
import type { OwnConnection } from './own-connection.ts'

/** What a database says it has. Changes nothing, also where there is no table of it yet. */
export async function readApplied(connection: OwnConnection): Promise<readonly AppliedMigration[]> {
  const [table] = await ask(connection.sql<{ exists: boolean }[]>`
    select to_regclass('public.bridge_migration') is not null as exists`)
  if (!table?.exists) return []
  // Through JSON, since a database of before checksums has no column for them.
  return connection.sql<AppliedMigration[]>`
    select number, name, to_jsonb(applied) ->> 'checksum' as checksum
    from public.bridge_migration applied
    order by number`
}

/**
 * Makes the table, or brings an older one up to date: code of before checksums goes on working with
 * it. What such code applied counts as unchanged, there being nothing to tell.
 */
export async function prepareRecords(
  connection: OwnConnection,
  migrations: readonly Migration[],
): Promise<void> {
  await connection.sql`
    create table if not exists public.bridge_migration (
      number integer primary key,
      name text not null,
      applied_at timestamptz not null default now(),
      checksum text
    )`
  await connection.sql`alter table public.bridge_migration add column if not exists checksum text`
  await connection.sql`
    update public.bridge_migration applied set checksum = file.checksum
    from unnest(
      ${migrations.map(({ number }) => number)}::integer[],
      ${migrations.map(({ checksum }) => checksum)}::text[]
    ) as file (number, checksum)
    where applied.number = file.number and applied.checksum is null`
}

/** Notes that a step was made. Before the step: a second one that got here too fails at once. */
export async function recordStep(
  connection: OwnConnection,
  { migration: { number, name, checksum }, direction }: Step,
): Promise<void> {
  if (direction === 'up') {
    await connection.sql`
      insert into public.bridge_migration (number, name, checksum)
      values (${number}, ${name}, ${checksum})`
  } else {
    await connection.sql`delete from public.bridge_migration where number = ${number}`
  }
}
