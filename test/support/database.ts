import { randomBytes } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { migrate } from '#shared/adapters/postgres/migrate.ts'

export const migrationsFolder = new URL(
  '../../shared/adapters/postgres/migrations',
  import.meta.url,
).pathname

/** URL of a migrated database of its own, dropped when the test (or the hook's suite) is done. */
export async function freshDatabase(options: { migrated?: boolean } = {}): Promise<string> {
  const server = inject('postgresUrl')
  const admin = connect(server, { applicationName: 'test-admin' })
  const name = `test_${randomBytes(6).toString('hex')}`
  await admin.unsafe(`create database ${name} template template0`)
  onTestFinished(async () => {
    await admin.unsafe(`drop database if exists ${name} with (force)`)
    await admin.end()
  })
  const url = new URL(server)
  url.pathname = `/${name}`
  if (options.migrated !== false) {
    const sql = connect(url.href, { applicationName: 'test-migrate' })
    await migrate(sql, { folder: migrationsFolder })
    await sql.end()
  }
  return url.href
}
