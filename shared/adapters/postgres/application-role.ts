import { ask, type Sql, type Transaction } from './connect.ts'
import { MIGRATION_LOCK } from './migration-lock.ts'

/** Every schema that the migrations make. */
export const bridgeSchemas: readonly string[] = [
  'log',
  'access',
  'events',
  'sessions',
  'metrics',
  'patterns',
  'registry',
  'limits',
  'traffic',
]

const WAIT_MS = 60_000

/**
 * Makes the role that functions connect as, where it is missing, and lets it read and write rows, in
 * tables of today and in those of later migrations; what takes an owner is done by SQL functions
 * (migration 0005). It may not change tables. Safe to run twice and side by side.
 *
 * Where the server knows RDS's IAM authentication, the role signs in by it (Aurora user guide, "IAM
 * database authentication"); elsewhere whoever runs the server gives it a password.
 *
 * @throws `Unavailable`
 */
export async function admitRole(sql: Sql, role: string): Promise<void> {
  await ask(
    sql.begin(async (tx) => {
      await tx`select set_config('statement_timeout', ${String(WAIT_MS)}, true)`
      // Two who grant on the same table at once fail; migrations hold this lock too.
      await tx`select pg_advisory_xact_lock(${MIGRATION_LOCK})`
      await makeRole(tx, role)
      for (const schema of bridgeSchemas) await grantSchema(tx, role, schema)
    }),
    WAIT_MS,
  )
}

async function makeRole(tx: Transaction, role: string): Promise<void> {
  const [known] = await tx<{ role: boolean; iam: boolean; member: boolean }[]>`
    select
      exists (select from pg_roles where rolname = ${role}) as role,
      exists (select from pg_roles where rolname = 'rds_iam') as iam,
      exists (
        select from pg_auth_members m
        where m.roleid = to_regrole('rds_iam') and m.member = to_regrole(${role})
      ) as member`
  if (!known?.role) await tx`create role ${tx(role)} login`
  if (known?.iam && !known.member) await tx`grant rds_iam to ${tx(role)}`
}

/** Grants what is missing alone: a grant that changes nothing still gets in the way of others. */
async function grantSchema(tx: Transaction, role: string, schema: string): Promise<void> {
  await tx`grant usage on schema ${tx(schema)} to ${tx(role)}`
  await tx`
    alter default privileges in schema ${tx(schema)}
    grant select, insert, update, delete on tables to ${tx(role)}`
  await tx`alter default privileges in schema ${tx(schema)} grant execute on functions to ${tx(role)}`
  const tables = await tx<{ name: string }[]>`
    select c.relname as name from pg_class c
    where c.relnamespace = to_regnamespace(${schema}) and c.relkind in ('r', 'p') and not (
      has_table_privilege(${role}, c.oid, 'select') and has_table_privilege(${role}, c.oid, 'insert')
      and has_table_privilege(${role}, c.oid, 'update') and has_table_privilege(${role}, c.oid, 'delete')
    )`
  for (const { name } of tables) {
    const table = tx(`${schema}.${name}`)
    await tx`grant select, insert, update, delete on table ${table} to ${tx(role)}`
  }
  await tx`grant execute on all functions in schema ${tx(schema)} to ${tx(role)}`
}
