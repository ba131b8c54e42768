import { randomBytes } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { admitRole } from '#shared/adapters/postgres/application-role.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { migrate } from '#shared/adapters/postgres/migrate.ts'

type Options = Readonly<{
  /** False for an empty database. */
  migrated?: boolean
  /** As whom to connect: the owner, or as functions do in AWS, where they own nothing. */
  as?: 'owner' | 'application'
}>

/**
 * URL of a migrated database of its own, dropped when the test (or the hook's suite) is done. Unless
 * asked otherwise it connects as functions do, so that what needs more rights fails here.
 */
export async function freshDatabase({ migrated = true, as }: Options = {}): Promise<string> {
  const server = inject('postgresUrl')
  const admin = connect(server, { applicationName: 'test-admin' })
  const name = `test_${randomBytes(6).toString('hex')}`
  await admin.unsafe(`create database ${name} template template0`)
  onTestFinished(async () => {
    await admin.unsafe(`drop database if exists ${name} with (force)`)
    await admin.unsafe(`drop role if exists ${name}`)
    await admin.end()
  })
  const url = new URL(server)
  url.pathname = `/${name}`
  if (!migrated) return url.href
  const sql = connect(url.href, { applicationName: 'test-migrate' })
  try {
    await migrate(sql)
    if (as === 'owner') return url.href
    await admitRole(sql, name)
    await sql.unsafe(`alter role ${name} password '${name}'`)
  } finally {
    await sql.end()
  }
  url.username = name
  url.password = name
  return url.href
}
