import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect, type Sql, type Transaction } from '#shared/adapters/postgres/connect.ts'
import { freshDatabase } from '#test/support/database.ts'

/** One connection, which every query after its loss has to take, and who ends its backend. */
async function open() {
  const url = await freshDatabase({ as: 'owner' })
  const sql = connect(url, { applicationName: 'lost', max: 1 })
  const operator = connect(url, { applicationName: 'operator', max: 1 })
  onTestFinished(async () => {
    await sql.end({ timeout: 1 })
    await operator.end({ timeout: 1 })
  })
  const end = (pid: number) => operator`select pg_terminate_backend(${pid}::integer)`
  return { sql, operator, end }
}

async function backendOf(tx: Sql | Transaction): Promise<number> {
  const [own] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`
  return own?.pid ?? 0
}

/** What a transaction does whose backend ends; `end` waits until its client knows. */
type Work = (tx: Transaction, end: () => Promise<unknown>) => Promise<unknown>

const works: readonly Readonly<{ when: string; work: Work }>[] = [
  {
    when: 'between two statements',
    async work(tx, end) {
      await end()
      await tx`select 1`
    },
  },
  {
    when: 'while a statement runs',
    async work(tx, end) {
      const running = tx`select pg_sleep(5)`.execute()
      await end()
      await running
    },
  },
  {
    when: 'before a large statement',
    async work(tx, end) {
      await end()
      await tx`select ${'x'.repeat(5_000)}::text`
    },
  },
]

const LOST = { code: expect.stringMatching(/^(CONNECTION_CLOSED|57P01)$/) }

describe('a connection that is lost', () => {
  it.each(works)('fails the transaction alone when it goes $when', async ({ work }) => {
    const { sql, end } = await open()
    const lost = sql.begin(async (tx) => {
      const pid = await backendOf(tx)
      await work(tx, () => end(pid).then(() => pause(100)))
    })
    await expect(lost).rejects.toMatchObject(LOST)
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
  })

  it('runs nothing of a transaction that is over in the one that follows', async () => {
    const { sql, operator, end } = await open()
    await operator`create table kept (who text)`
    const over = sql.begin(async (tx) => {
      await end(await backendOf(tx))
      await pause(300)
      await tx`insert into kept values ('the one that is over')`
    })
    await expect(over).rejects.toMatchObject(LOST)
    await sql.begin(async (tx) => {
      await tx`insert into kept values ('the one that follows')`
      await pause(600)
      await tx`insert into kept values ('its second')`
    })
    expect(await operator`select who from kept order by who`).toEqual([
      { who: 'its second' },
      { who: 'the one that follows' },
    ])
  })

  it('leaves a reserved connection that can be given back, and others go on', async () => {
    const { sql, end } = await open()
    const reserved = await sql.reserve()
    await end(await backendOf(reserved))
    await pause(100)
    await expect(reserved`select 1`.execute()).rejects.toMatchObject(LOST)
    reserved.release()
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
  })
})

describe('a connection that is lost while it asks for the types of arrays', () => {
  it('fails nothing but what waited for it, and the next one asks again', async () => {
    const url = new URL(await freshDatabase({ as: 'owner' }))
    const port = Number(url.port)
    let cut = true
    const proxy = createServer((client) => {
      const upstream = createConnection(port, '127.0.0.1')
      upstream.pipe(client)
      client.on('data', (piece) => {
        if (cut && piece.includes('typarray')) {
          cut = false
          client.resetAndDestroy()
          upstream.destroy()
        } else upstream.write(piece)
      })
      for (const socket of [client, upstream]) socket.on('error', () => client.destroy())
      client.on('close', () => upstream.destroy())
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const rejections: unknown[] = []
    const note = (reason: unknown) => rejections.push(reason)
    process.on('unhandledRejection', note)
    url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const sql = connect(url.href, { applicationName: 'lost', max: 1 })
    onTestFinished(async () => {
      process.off('unhandledRejection', note)
      await sql.end({ timeout: 1 })
      proxy.close()
    })
    const ask = () => sql<{ sum: number }[]>`select sum(x)::int from unnest(${[1, 2]}::int[]) as x`
    await ask().catch(() => undefined)
    expect(await ask()).toEqual([{ sum: 3 }])
    expect(rejections).toEqual([])
  })
})
