import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { provisioner } from '#functions/provisioner/provisioner.ts'
import { answer } from '#functions/provisioner/schema.ts'
import { startPostgres } from '#local/postgres.ts'
import { accessSnapshotPlace } from '#shared/adapters/access-snapshot-place.ts'
import { fileDocumentPlace } from '#shared/adapters/file/document-place.ts'
import { postgresAccessBootstrap } from '#shared/adapters/postgres/access-bootstrap.ts'
import { admitRole, bridgeSchemas } from '#shared/adapters/postgres/application-role.ts'
import { connect, type Sql } from '#shared/adapters/postgres/connect.ts'
import { postgresDatabaseSchema } from '#shared/adapters/postgres/database-schema.ts'
import { migrate } from '#shared/adapters/postgres/migrate.ts'
import { postgresTopicAdmin } from '#shared/adapters/postgres/topic-admin.ts'
import { roles } from '#shared/domain/access.ts'
import { findKey, newKey } from '#shared/domain/keys.ts'
import { topics } from '#shared/domain/topics.ts'
import { Failure } from '#shared/errors.ts'
import type { TopicAdmin } from '#shared/ports/topic-admin.ts'
import { freshDatabase } from '#test/support/database.ts'

const now = () => new Date('2026-11-20T10:00:00Z')
const NOTHING = { migrations: [], topics: [] }

/** The deploy step on an empty database that is the event log too, with a snapshot in a file. */
async function aPlace(openTopics?: () => Promise<TopicAdmin>) {
  const url = await freshDatabase({ migrated: false })
  // A role belongs to the whole server: one of this database's own.
  const applicationRole = `${new URL(url).pathname.slice(1)}_app`
  const sql = connect(url, { applicationName: 'test', max: 2 })
  const folder = await mkdtemp(join(tmpdir(), 'omninode-provisioner-'))
  onTestFinished(async () => {
    await sql.unsafe(`drop owned by ${applicationRole}; drop role ${applicationRole}`).catch(ignore)
    await sql.end()
    await rm(folder, { recursive: true, force: true })
  })
  const place = accessSnapshotPlace(
    fileDocumentPlace(pathToFileURL(join(folder, '/')).href, { durable: true }),
    'access.json',
  )
  const provision = provisioner({
    schema: postgresDatabaseSchema(sql, { applicationRole }),
    openTopics: openTopics ?? (async () => postgresTopicAdmin(url)),
    manifest: topics,
    access: postgresAccessBootstrap(sql, place),
    now,
  })
  const published = async () => (await place.read(undefined))?.snapshot
  return { url, sql, applicationRole, provision, published }
}

/** Tests that never got so far have no such role. */
const ignore = () => undefined

function aFirstKey() {
  const { id, digest, key } = newKey()
  return { key, firstKey: { id, digest, name: 'whoever deploys' } }
}

describe('provisioning', () => {
  it('makes tables, topics and the first key, whose owner may do everything at once', async () => {
    const { provision, published } = await aPlace()
    const { key, firstKey } = aFirstKey()
    const done = await provision({ firstKey })
    expect(answer.parse(done)).toEqual(done)
    expect(done.migrations.map(({ direction }) => direction)).toContain('up')
    expect(done.topics).toHaveLength(topics.length)
    expect(done.firstKey).toBe('made')
    const snapshot = await published()
    expect(snapshot && findKey(snapshot, key, now())).toMatchObject({
      ...firstKey,
      roles: [...roles],
    })
  })

  it('does nothing twice, and answers the same for the same key', async () => {
    const { provision, published } = await aPlace()
    const { firstKey } = aFirstKey()
    await provision({ firstKey })
    expect(await provision({ firstKey })).toEqual({ ...NOTHING, firstKey: 'made' })
    expect(await provision({})).toEqual({ ...NOTHING, firstKey: 'exists' })
    const another = aFirstKey()
    expect(await provision({ firstKey: another.firstKey })).toMatchObject({ firstKey: 'exists' })
    expect((await published())?.keys.map(({ id }) => id)).toEqual([firstKey.id])
  })

  it('may run side by side: every step is done once, and one key is the first', async () => {
    const { provision, published, sql } = await aPlace()
    const keys = Array.from({ length: 4 }, () => aFirstKey().firstKey)
    const all = await Promise.all(keys.map((firstKey) => provision({ firstKey })))
    expect(all.map((done) => done.firstKey).sort()).toEqual(['exists', 'exists', 'exists', 'made'])
    const steps = all.flatMap(({ migrations }) => migrations.map(({ name }) => name))
    expect(new Set(steps).size).toBe(steps.length)
    expect(await sql`select count(*)::integer from log.topic`).toEqual([{ count: topics.length }])
    const first = keys[all.findIndex((done) => done.firstKey === 'made')]
    expect((await published())?.keys.map(({ id }) => id)).toEqual([first?.id])
  })

  it('publishes a snapshot that was lost', async () => {
    const first = await aPlace()
    await first.provision({})
    expect(await first.published()).toMatchObject({ keys: [] })
    const { firstKey } = aFirstKey()
    expect(await first.provision({ only: ['access'] })).toMatchObject({ firstKey: 'none' })
    expect(await first.provision({ only: ['access'], firstKey })).toMatchObject({
      ...NOTHING,
      firstKey: 'made',
    })
    expect((await first.published())?.keys).toHaveLength(1)
  })

  it('says what it would do, and does nothing', async () => {
    const { provision, published, sql } = await aPlace()
    const done = await provision({ dryRun: true, firstKey: aFirstKey().firstKey })
    expect(done.topics).toHaveLength(topics.length)
    expect(done).toMatchObject({ firstKey: 'made' })
    expect(await sql`select to_regnamespace('access') as schema`).toEqual([{ schema: null }])
    await expect(published()).rejects.toMatchObject({ message: 'the access snapshot is not there' })
  })

  it('does what is asked for alone, also back', async () => {
    const { provision, sql } = await aPlace()
    expect(await provision({ to: 1 })).toMatchObject({
      migrations: [{ name: '0001-log', direction: 'up' }],
      topics: [],
      firstKey: 'skipped',
    })
    expect((await provision({ only: ['topics'] })).topics).toHaveLength(topics.length)
    await expect(provision({ to: 0 })).rejects.toMatchObject({
      kind: 'Conflict',
      message: expect.stringMatching(/^migrations: going back loses data/),
    })
    expect(await provision({ to: 0, acceptLoss: true })).toMatchObject({
      migrations: [{ name: '0001-log', direction: 'down' }],
    })
    expect(await sql`select to_regnamespace('log') as schema`).toEqual([{ schema: null }])
  })

  it.each([
    { input: { firstKey: { id: 'x', digest: 'y', name: '' } }, says: '/firstKey/id: 12 hex' },
    { input: { only: ['everything'] }, says: '/only/0: ' },
    { input: { to: 1, only: ['topics'] }, says: '/to: goes with the migrations alone' },
    { input: { key: 'omni_' }, says: 'not a request' },
    { input: 'now', says: 'not a request' },
  ])('refuses $input', async ({ input, says }) => {
    const { provision } = await aPlace()
    await expect(provision(input)).rejects.toMatchObject({
      kind: 'InvalidInput',
      message: expect.stringContaining(says),
    })
  })

  it('names the action that failed, keeps what was done, and goes on from there', async () => {
    let away = true
    const { provision, url } = await aPlace(async () => {
      if (away) throw new Failure('Unavailable', 'event log: no answer')
      return postgresTopicAdmin(url)
    })
    const { firstKey } = aFirstKey()
    await expect(provision({ firstKey })).rejects.toMatchObject({
      kind: 'Unavailable',
      message: 'topics: event log: no answer',
    })
    away = false
    expect(await provision({ firstKey })).toMatchObject({ migrations: [], firstKey: 'made' })
  })
})

describe('the role that functions connect as', () => {
  /** What the role may do with a piece of SQL: it, or the reason why not. */
  const attempt = (sql: Sql, text: string) =>
    sql.unsafe(text).then(
      () => 'done',
      ({ message }: Error) => message,
    )

  async function admitted() {
    const { sql, url, applicationRole, provision } = await aPlace()
    await provision({})
    await sql.unsafe(`alter role ${applicationRole} password 'app'`)
    const theirs = new URL(url)
    theirs.username = applicationRole
    theirs.password = 'app'
    const app = connect(theirs.href, { applicationName: 'test' })
    onTestFinished(() => app.end())
    return { sql, app, provision, applicationRole }
  }

  it.each([
    'truncate events.event',
    'drop table access.key',
    'alter table sessions.session add column more text',
    'create table events.mine ()',
    'create table public.mine ()',
    'create schema mine',
    'drop schema patterns cascade',
    'create role another',
    'select * from public.bridge_migration',
    'alter function events.make_day(date) security invoker',
  ])('may not: %s', async (text) => {
    const { app } = await admitted()
    expect(await attempt(app, text)).toMatch(/permission denied|must be owner/)
  })

  it('may use the tables of a later migration, before anyone grants them', async () => {
    const { sql, app } = await admitted()
    await sql`create table events.later as select 1 as one`
    await sql`create function events.latest() returns integer language sql return 1`
    expect(await app`select one, events.latest() from events.later`).toEqual([
      { one: 1, latest: 1 },
    ])
    expect(await attempt(app, 'delete from events.later')).toBe('done')
  })

  it('is given what it lost', async () => {
    const { sql, app, provision, applicationRole } = await admitted()
    await sql.unsafe(`revoke all on all tables in schema access from ${applicationRole}`)
    expect(await attempt(app, 'select from access.key')).toMatch(/permission denied/)
    await provision({ only: ['migrations'] })
    expect(await attempt(app, 'select from access.key')).toBe('done')
  })

  it('is known to every schema there is', async () => {
    const { sql } = await admitted()
    const schemas = await sql<{ name: string }[]>`
      select nspname::text as name from pg_namespace
      where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')`
    expect(schemas.map(({ name }) => name).sort()).toEqual([...bridgeSchemas].sort())
  })

  it('signs in by IAM where the server knows that', async () => {
    // Roles are the whole server's: one of its own, so that no other test meets this one.
    const folder = await mkdtemp(join(tmpdir(), 'omninode-iam-'))
    const server = await startPostgres({ dataDir: join(folder, 'data', 'postgres') })
    const sql = connect(server.url, { applicationName: 'test' })
    onTestFinished(async () => {
      await sql.end()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    })
    await migrate(sql)
    await sql`create role rds_iam`
    for (let time = 0; time < 2; time++) await admitRole(sql, 'bridge')
    expect(await sql`select pg_has_role('bridge', 'rds_iam', 'member') as member`).toEqual([
      { member: true },
    ])
  })
})
