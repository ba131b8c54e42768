import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startPostgres } from '#local/postgres.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { migrate } from '#shared/adapters/postgres/migrate.ts'
import { migrationsFolder, readMigrations } from '#shared/adapters/postgres/migration-files.ts'
import { freshDatabase } from '#test/support/database.ts'
import { allObjects, allRows, dataOf } from '#test/support/migration-data.ts'
import { processTree } from '#test/support/process-tree.ts'

const migrations = await readMigrations(migrationsFolder)
const newest = migrations.at(-1)?.number ?? 0
/** The schemas that each migration makes. */
const schemasOf: Readonly<Record<number, readonly string[]>> = {
  1: ['log'],
  2: ['access'],
  3: ['events', 'sessions', 'metrics'],
  4: ['patterns'],
  6: ['registry'],
}
const upTo = <T>(what: Readonly<Record<number, T>>, version: number): T[] =>
  Object.entries(what).flatMap(([number, one]) => (Number(number) <= version ? [one] : []))

/** A database without anything in it, with connections of a test's own. */
async function aDatabase() {
  const url = await freshDatabase({ migrated: false })
  const open = () => {
    const sql = connect(url, { applicationName: 'test', statementTimeoutMs: 60_000 })
    onTestFinished(() => sql.end())
    return sql
  }
  const sql = open()
  const applied = async () =>
    (await sql`select number from public.bridge_migration order by 1`).map(({ number }) => number)
  return { url, open, sql, applied }
}

/** A folder of migrations: each a file forward, and one back that says nothing. */
async function aFolder(...forward: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-migrations-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const write = async (number: number, up: string) => {
    await writeFile(join(folder, `000${number}-step.up.sql`), up)
    await writeFile(join(folder, `000${number}-step.down.sql`), 'select 1;')
  }
  for (const [index, up] of forward.entries()) await write(index + 1, up)
  return { folder, write }
}

/** Runs migrations in a process of its own. */
function aProcess(url: string, folder?: string) {
  const program = folder
    ? [
        ...['--input-type=module', '-e'],
        `const [{ connect }, { migrate }] = await Promise.all(['connect', 'migrate'].map(
           (name) => import('#shared/adapters/postgres/' + name + '.ts')))
         await migrate(connect(process.env.DATABASE_URL, { applicationName: 'child' }), {
           folder: ${JSON.stringify(folder)} })
         process.exit(0)`,
      ]
    : ['commands/migrate.ts']
  const child = spawn(process.execPath, program, {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal, output }))
  return { child, ended }
}

describe('migrations', () => {
  it('are each run once by six processes at the same time, and by none later', async () => {
    const { url, applied } = await aDatabase()
    const ends = await Promise.all(Array.from({ length: 6 }, () => aProcess(url).ended))
    expect(ends.map(({ code, output }) => (code === 0 ? 0 : output))).toEqual(Array(6).fill(0))
    const ran = ends.flatMap(({ output }) => output.match(/^up {3}\d{4}-\w+$/gm) ?? [])
    expect(ran.sort()).toEqual(migrations.map(({ name }) => `up   ${name}`))
    expect(await applied()).toEqual(migrations.map(({ number }) => number))
    const again = await aProcess(url).ended
    expect(again).toMatchObject({ code: 0, output: expect.stringMatching(/^0 migrations run on/) })
  })

  it('say what they would do, and do nothing', async () => {
    const { sql } = await aDatabase()
    const steps = await migrate(sql, { dryRun: true })
    expect(steps.map(({ name }) => name)).toEqual(migrations.map(({ name }) => name))
    expect(await sql`select to_regclass('public.bridge_migration') as table`).toEqual([
      { table: null },
    ])
  })

  it.each(migrations.map(({ number, name }) => ({ number, name })))(
    'bring a database of $name with data forward, back and forward again, and keep the data',
    async ({ number }) => {
      const { sql } = await aDatabase()
      await migrate(sql, { target: number })
      for (const data of upTo(dataOf, number)) await sql.unsafe(data)
      const schemas = upTo(schemasOf, number).flat()
      const before = { rows: await allRows(sql, schemas), objects: await allObjects(sql) }
      expect(Object.values(before.rows).every((rows) => rows.length > 0)).toBe(true)

      await migrate(sql)
      // A later migration may add tables to a schema, and columns to a table.
      expect(await allRows(sql, schemas)).toMatchObject(before.rows)
      const forward = await allObjects(sql)

      const back = await migrate(sql, { target: number, acceptLoss: true })
      expect(back).toHaveLength(newest - number)
      expect(await allRows(sql, schemas)).toEqual(before.rows)
      expect(await allObjects(sql)).toEqual(before.objects)

      await migrate(sql)
      expect(await allRows(sql, schemas)).toMatchObject(before.rows)
      expect(await allObjects(sql)).toEqual(forward)
    },
  )

  it('leave nothing when all are taken back, which has to be accepted', async () => {
    const { sql, applied } = await aDatabase()
    await migrate(sql)
    await expect(migrate(sql, { target: 0 })).rejects.toMatchObject({
      kind: 'Conflict',
      message: expect.stringContaining('0003-events: everything that was recorded'),
    })
    expect(await applied()).toHaveLength(newest)
    await migrate(sql, { target: 0, acceptLoss: true })
    expect(await applied()).toEqual([])
    expect((await allObjects(sql)).columns).toEqual([])
  })
})

describe('a database that something else has touched', () => {
  it('of before checksums gets them, and is taken as it is', async () => {
    const { sql } = await aDatabase()
    await migrate(sql, { target: 2 })
    await sql`alter table public.bridge_migration drop column checksum`
    expect(await migrate(sql, { dryRun: true })).toHaveLength(newest - 2)
    expect(await migrate(sql)).toHaveLength(newest - 2)
    const rows = await sql`select number, checksum from public.bridge_migration order by 1`
    expect(rows).toEqual(migrations.map(({ number, checksum }) => ({ number, checksum })))
    // What older code does.
    await sql`insert into public.bridge_migration (number, name) values (${newest + 1}, 'newer')`
  })

  it('is refused when a file was changed after it was applied', async () => {
    const { sql } = await aDatabase()
    const { folder, write } = await aFolder('create table one ()')
    await migrate(sql, { folder })
    await write(1, 'create table one ()\r\n'.trim())
    expect(await migrate(sql, { folder })).toEqual([])
    await write(1, 'create table one (more text)')
    await write(2, 'create table two ()')
    await expect(migrate(sql, { folder })).rejects.toMatchObject({
      kind: 'Conflict',
      message: expect.stringMatching(/^0001-step was changed after the database had it/),
    })
    expect(await sql`select to_regclass('two') as table`).toEqual([{ table: null }])
  })

  it('is refused when newer code has migrated it', async () => {
    const { sql } = await aDatabase()
    const { folder } = await aFolder('create table one ()', 'create table two ()')
    await migrate(sql, { folder })
    const older = await aFolder('create table one ()')
    for (const target of [undefined, 0, 1]) {
      await expect(migrate(sql, { folder: older.folder, target })).rejects.toMatchObject({
        kind: 'Conflict',
        message: expect.stringContaining('0002-step, which is unknown here'),
      })
    }
  })
})

describe('a migration that does not come through', () => {
  const SLOW = `
    create table half ();
    select pg_sleep(60) where to_regclass('public.dawdle') is not null;`

  it('is undone when its process is killed, and done by the next run', async () => {
    const { url, sql, applied } = await aDatabase()
    await sql`create table public.dawdle as select 1`
    const { folder } = await aFolder('create table whole ()', SLOW)
    const { child, ended } = aProcess(url, folder)
    await sleeping(sql)
    child.kill('SIGKILL')
    expect(await ended).toMatchObject({ signal: 'SIGKILL' })
    expect(await applied()).toEqual([1])
    expect(await sql`select to_regclass('half') as table`).toEqual([{ table: null }])
    await sql`drop table public.dawdle`
    const began = performance.now()
    expect(await migrate(sql, { folder })).toEqual([{ name: '0002-step', direction: 'up' }])
    // The server looks every two seconds whether who began the step is still there.
    expect(performance.now() - began).toBeLessThan(6_000)
    expect(await applied()).toEqual([1, 2])
  })

  it('is undone when its connection breaks, and says that trying again can help', async () => {
    const { sql, open, applied } = await aDatabase()
    await sql`create table public.dawdle as select 1`
    const { folder } = await aFolder(SLOW)
    const running = migrate(open(), { folder })
    const outcome = running.catch((error: unknown) => error)
    const pid = await sleeping(sql)
    await sql`select pg_terminate_backend(${pid})`
    expect(await outcome).toMatchObject({
      kind: 'Unavailable',
      message: expect.stringMatching(/^migration up 0001-step failed/),
    })
    await sql`drop table public.dawdle`
    await migrate(sql, { folder })
    expect(await applied()).toEqual([1])
  })

  it('is undone when the server is killed, and done by the next run', async () => {
    const folderOf = await mkdtemp(join(tmpdir(), 'omninode-migrations-server-'))
    const dataDir = join(folderOf, 'data', 'postgres')
    let server = await startPostgres({ dataDir })
    onTestFinished(async () => {
      await server.stop()
      await rm(folderOf, { recursive: true, force: true })
    })
    const watch = connect(server.url, { applicationName: 'watch' })
    const sql = connect(server.url, { applicationName: 'test' })
    onTestFinished(() => Promise.all([watch.end(), sql.end()]).then(() => undefined))
    await watch`create table public.dawdle as select 1`
    const { folder } = await aFolder('create table whole ()', SLOW)
    const outcome = migrate(sql, { folder }).catch((error: unknown) => error)
    await sleeping(watch)
    for (const pid of processTree(server.pid)) process.kill(pid, 'SIGKILL')
    expect(await outcome).toMatchObject({ kind: 'Unavailable' })
    await expect(migrate(sql, { folder })).rejects.toMatchObject({ kind: 'Unavailable' })
    server = await startPostgres({ dataDir, port: Number(new URL(server.url).port) })
    const after = connect(server.url, { applicationName: 'after' })
    onTestFinished(() => after.end())
    await after`drop table public.dawdle`
    expect(await migrate(after, { folder })).toEqual([{ name: '0002-step', direction: 'up' }])
  })

  it('is undone when it takes too long', async () => {
    const { sql, applied } = await aDatabase()
    await sql`create table public.dawdle as select 1`
    const { folder } = await aFolder(SLOW)
    await expect(migrate(sql, { folder, statementTimeoutMs: 200 })).rejects.toMatchObject({
      kind: 'Unavailable',
      message: expect.stringContaining('statement timeout'),
    })
    expect(await applied()).toEqual([])
  })

  it('is undone when its SQL is wrong, and those before it stay', async () => {
    const { sql, applied } = await aDatabase()
    const { folder } = await aFolder('create table one ()', 'create table two (); create nonsense')
    await expect(migrate(sql, { folder })).rejects.toThrow(
      'migration up 0002-step failed: syntax error at or near "nonsense"',
    )
    expect(await applied()).toEqual([1])
    expect(await sql`select to_regclass('two') as table`).toEqual([{ table: null }])
  })
})

describe('a migration of a table that is in use', () => {
  const CHANGE = 'alter table public.busy add column more text'

  /** Somebody's transaction that has read the table and does not end. */
  async function inUse() {
    const { sql, open, applied } = await aDatabase()
    await sql`create table public.busy as select 1 as one`
    const holder = await open().reserve()
    await holder`begin`
    await holder`select from public.busy`
    const end = async () => {
      await holder`commit`
      holder.release()
    }
    return { sql, open, applied, end, ...(await aFolder(CHANGE)) }
  }

  it('lets readers through while it waits, tells of it, and is done once the table is free', async () => {
    const { sql, open, folder, end } = await inUse()
    const said: string[] = []
    const running = migrate(open(), {
      folder,
      report: (line) => said.push(line),
      tableWait: { waitMs: 300, tries: 20 },
    })
    const reads: number[] = []
    for (const stop = performance.now() + 2_500; performance.now() < stop; await pause(20)) {
      const began = performance.now()
      await sql`select from public.busy`
      reads.push(performance.now() - began)
    }
    // Behind a migration that waits for as long as it takes, no reader would have come through.
    expect(Math.max(...reads)).toBeLessThan(1_000)
    await end()
    expect(await running).toHaveLength(1)
    expect(said).toContain('up 0001-step waits for a table that others use')
    expect(said.at(-1)).toMatch(/^up 0001-step done in \d/)
  })

  it('gives up when the table does not become free', async () => {
    const { sql, folder, applied, end } = await inUse()
    await expect(
      migrate(sql, { folder, tableWait: { waitMs: 50, tries: 2 } }),
    ).rejects.toMatchObject({
      kind: 'Unavailable',
      message: expect.stringMatching(/lock timeout; pg_stat_activity shows who holds the table$/),
    })
    expect(await applied()).toEqual([])
    await end()
  })
})

/** Waits until a migration sleeps, and answers the number of the server process that runs it. */
async function sleeping(sql: ReturnType<typeof connect>): Promise<number> {
  const find = async () => {
    const [found] = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity
      where datname = current_database() and wait_event = 'PgSleep'`
    return found?.pid
  }
  await expect.poll(find, { timeout: 10_000 }).toBeGreaterThan(0)
  return (await find()) ?? 0
}
