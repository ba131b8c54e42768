import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { allRecordedOnce, fire, type Ledger } from '#test/support/accepted.ts'
import { eventually, httpClient } from '#test/support/http-client.ts'
import { processTree } from '#test/support/process-tree.ts'
import { type System, startSystem } from '#test/support/system.ts'

const OUTAGE_MS = 4_000
const ANSWER_WITHIN_MS = 5_000 + 500

/** Files that wait in the folders of a data folder's queues; drafts of the dead are none. */
function spilled({ dataDir }: System): readonly string[] {
  const queues = join(dataDir, 'queues')
  if (!existsSync(queues)) return []
  return readdirSync(queues)
    .flatMap((queue) => readdirSync(join(queues, queue)))
    .filter((name) => name.endsWith('.spill'))
}

describe('hooks while the log is away', () => {
  let system: System
  const ledgers: Ledger[] = []
  beforeAll(async () => {
    system = await startSystem()
  })
  afterAll(() => system.stop())

  /** Fires for as long as `during` takes. */
  async function underLoad(label: string, during: () => Promise<void>): Promise<Ledger> {
    let done = false
    const client = httpClient(system.address, system.key)
    const load = fire(client, { label, count: 100_000, senders: 8, until: () => done })
    try {
      await during()
    } finally {
      done = true
      ledgers.push(await load)
    }
    return load
  }

  it.each([
    { how: 'frozen', signal: 'SIGSTOP' },
    { how: 'killed', signal: 'SIGKILL' },
  ] as const)(
    'are accepted and wait in files, when PostgreSQL is $how',
    async ({ how, signal }) => {
      const ledger = await underLoad(how, async () => {
        await pause(500)
        const hit = processTree(system.postgresPid)
        expect(hit).not.toEqual([])
        for (const pid of hit) process.kill(pid, signal)
        await pause(OUTAGE_MS)
        if (signal === 'SIGSTOP') {
          expect(spilled(system).length).toBeGreaterThan(0)
          for (const pid of hit) process.kill(pid, 'SIGCONT')
        }
        await pause(1_000)
      })
      expect(new Set(ledger.statuses)).toEqual(new Set([202]))
      expect(ledger.slowestMs).toBeLessThan(ANSWER_WITHIN_MS)
      await allRecordedOnce(httpClient(system.address, system.key), ledgers)
      await eventually('the spill is empty', async () => spilled(system).length === 0 || undefined)
    },
  )

  it('are recorded once after everything was killed with them in the spill', async () => {
    const before = await underLoad('all-killed', async () => {
      await pause(500)
      for (const pid of processTree(system.postgresPid)) process.kill(pid, 'SIGSTOP')
      await pause(OUTAGE_MS)
      expect(spilled(system).length).toBeGreaterThan(0)
      await system.killAll()
    })
    const waiting = spilled(system).length
    expect(waiting).toBeGreaterThan(0)
    system = await startSystem({ dataDir: system.dataDir })
    const client = httpClient(system.address, system.key)
    const after = await fire(client, { label: 'afterwards', count: 50, senders: 4 })
    ledgers.push(after)
    expect(before.accepted.size).toBeGreaterThan(0)
    await allRecordedOnce(client, ledgers)
    await eventually('the spill is empty', async () => spilled(system).length === 0 || undefined)
  })

  it('keep the order of a session, which waits for each answer', async () => {
    const client = httpClient(system.address, system.key)
    const send = async (nr: number) => {
      const event = {
        id: `ordered-${nr}`,
        source: 'test/ordered',
        type: 'hooks.execution.recorded',
        session: 'ordered',
        data: { operation: 'Read' },
      }
      expect((await client.post('/hooks', event)).status).toBe(202)
    }
    const frozen = processTree(system.postgresPid)
    for (const pid of frozen) process.kill(pid, 'SIGSTOP')
    try {
      for (let nr = 0; nr < 20; nr++) await send(nr)
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT')
    }
    for (let nr = 20; nr < 40; nr++) await send(nr)
    const ids = await eventually('all of them are recorded', async () => {
      const events = await client.all<RecordedEvent>('/events?source=test/ordered')
      return events.length === 40 ? events.map(({ id }) => id).reverse() : undefined
    })
    expect(ids).toEqual(Array.from({ length: 40 }, (_, nr) => `ordered-${nr}`))
  })
})
