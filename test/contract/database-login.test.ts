import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ask, connect, type Sql } from '#shared/adapters/postgres/connect.ts'
import { Failure } from '#shared/errors.ts'
import type { CloudAccess } from '#shared/ports/cloud-access.ts'
import { aCloud, secretArn } from '#test/support/cloud-access.ts'
import { freshDatabase } from '#test/support/database.ts'

const SECRET = secretArn('database')
/** A secret is read at most every 5 s. */
const REREAD = { timeout: 15_000, interval: 200 }

let admin: Sql
let user: string
let address: string
beforeEach(async () => {
  const url = new URL(await freshDatabase({ migrated: false }))
  admin = connect(url.href, { applicationName: 'test' })
  user = `app_${randomBytes(6).toString('hex')}`
  await setPassword('create', 'first')
  onTestFinished(async () => {
    await admin.unsafe(`drop role ${user}`)
    await admin.end()
  })
  address = `${user}@${url.host}${url.pathname}?sslmode=disable`
})

async function setPassword(verb: 'create' | 'alter', password: string) {
  await admin.unsafe(`${verb} role ${user} login password '${password}'`)
}

const login = (password: string, more = {}) => JSON.stringify({ password, ...more })

function open(more: string, access: CloudAccess, max = 1): Sql {
  const sql = connect(
    `postgres://${address}&${more}`,
    { applicationName: 'test-login', max },
    access,
  )
  onTestFinished(() => sql.end({ timeout: 1 }))
  return sql
}

const whoAmI = async (sql: Sql) => {
  const [row] = await ask(sql<{ name: string }[]>`select current_user as name`)
  return row?.name
}

/** Lets the server close what it has with us. */
const dropConnections = () =>
  admin`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = ${user}`

describe('a database whose password lies in a secret', () => {
  it('lets us in, on several connections, for one read of the secret', async () => {
    const cloud = aCloud({ secrets: { [SECRET]: login('first', { username: user, port: 5432 }) } })
    const sql = open(`secret=${SECRET}`, cloud, 4)
    const slow = Array.from({ length: 4 }, () => ask(sql`select pg_sleep(0.2)`))
    await Promise.all(slow)
    expect(await whoAmI(sql)).toBe(user)
    expect(await whoAmI(open(`secret=${SECRET}`, cloud))).toBe(user)
    expect(cloud.asked.secret).toBe(1)
  })

  it('takes the next password after a rotation, without a deployment', async () => {
    const cloud = aCloud({ secrets: { [SECRET]: login('first') } })
    const sql = open(`secret=${SECRET}`, cloud)
    expect(await whoAmI(sql)).toBe(user)
    await setPassword('alter', 'second')
    cloud.secrets[SECRET] = login('second')
    // A connection that is there stays.
    expect(await whoAmI(sql)).toBe(user)
    await pause(5_000)
    await dropConnections()
    await expect.poll(() => whoAmI(sql).catch(() => 'not yet'), REREAD).toBe(user)
    expect(cloud.asked.secret).toBe(2)
    // And again with the connection after that, by another client.
    await dropConnections()
    expect(await whoAmI(open(`secret=${SECRET}`, cloud))).toBe(user)
    await expect.poll(() => whoAmI(sql).catch(() => 'not yet'), REREAD).toBe(user)
    expect(cloud.asked.secret).toBe(2)
  })

  it('says what to check while the secret is out of date, reads it rarely, and heals by itself', async () => {
    const cloud = aCloud({ secrets: { [SECRET]: login('expired') } })
    const sql = open(`secret=${SECRET}`, cloud)
    const failure = await whoAmI(sql).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({
      kind: 'Misconfigured',
      message: expect.stringContaining('the database refuses us'),
    })
    for (let nr = 0; nr < 40; nr++) {
      await whoAmI(sql).catch(() => undefined)
      await pause(25)
    }
    expect(cloud.asked.secret).toBeLessThanOrEqual(2)
    cloud.secrets[SECRET] = login('first')
    await expect.poll(() => whoAmI(sql).catch(() => 'not yet'), REREAD).toBe(user)
  })

  it.each([
    { trouble: 'is not there', secret: undefined, kind: 'Misconfigured', says: 'does not exist' },
    { trouble: 'holds no password', secret: 'hush', kind: 'Misconfigured', says: '"password"' },
    {
      trouble: 'is for another user',
      secret: login('hush', { username: 'other' }),
      kind: 'Misconfigured',
      says: 'is for user other',
    },
  ])(
    'fails clearly when the secret $trouble, and heals by itself',
    async ({ secret, kind, says }) => {
      const cloud = aCloud({ secrets: secret === undefined ? {} : { [SECRET]: secret } })
      const sql = open(`secret=${SECRET}`, cloud)
      const failure = await whoAmI(sql).catch((error: Failure) => error)
      expect(failure).toMatchObject({ kind, message: expect.stringContaining(says) })
      expect(String(failure)).not.toContain('hush')
      cloud.secrets[SECRET] = login('first')
      await expect.poll(() => whoAmI(sql).catch(() => 'not yet'), REREAD).toBe(user)
    },
  )

  it('tells an outage of the secrets or of the database from a refusal', async () => {
    const away = aCloud({
      secret: async () => {
        throw new Failure('Unavailable', 'no answer from the secrets')
      },
    })
    await expect(whoAmI(open(`secret=${SECRET}`, away))).rejects.toMatchObject({
      kind: 'Unavailable',
      message: 'no answer from the secrets',
    })
    const cloud = aCloud({ secrets: { [SECRET]: login('first') } })
    const nobody = `postgres://${user}@127.0.0.1:1/db?sslmode=disable&secret=${SECRET}`
    const sql = connect(nobody, { applicationName: 'test' }, cloud)
    onTestFinished(() => sql.end({ timeout: 1 }))
    for (let nr = 0; nr < 3; nr++) {
      await expect(whoAmI(sql)).rejects.toMatchObject({ kind: 'Unavailable' })
    }
    expect(cloud.asked.secret).toBe(1)
  })
})

describe('a database that takes AWS identities', () => {
  it('gets a token of its own for each connection', async () => {
    const cloud = aCloud({ token: 'first' })
    const sql = open('auth=iam', cloud)
    expect(await whoAmI(sql)).toBe(user)
    await setPassword('alter', 'second')
    cloud.token = 'second'
    await dropConnections()
    await expect.poll(() => whoAmI(sql).catch(() => 'not yet'), REREAD).toBe(user)
    expect(cloud.asked.tokens).toBeGreaterThanOrEqual(2)
  })

  it('says what to check when it refuses the token', async () => {
    const sql = open('auth=iam', aCloud({ token: 'expired' }))
    await expect(whoAmI(sql)).rejects.toMatchObject({
      kind: 'Misconfigured',
      message: expect.stringContaining('rds-db:connect'),
    })
  })

  it('is not spoken to without TLS unless the URL says so', async () => {
    const url = `postgres://${address.replace('?sslmode=disable', '')}?auth=iam`
    const sql = connect(url, { applicationName: 'test' }, aCloud({ token: 'first' }))
    onTestFinished(() => sql.end({ timeout: 1 }))
    // The test's server has no TLS.
    await expect(whoAmI(sql)).rejects.toThrow()
  })
})
