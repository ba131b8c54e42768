import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Graph } from '#shared/ports/learned-patterns.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import type { Session } from '#shared/ports/recorded-sessions.ts'
import { fire, type Ledger, lostOrRepeated } from '#test/support/accepted.ts'
import { httpClient, settled } from '#test/support/http-client.ts'
import { countGraph, countsOf } from '#test/support/sequences.ts'
import { type System, startSystem } from '#test/support/system.ts'

const HOOKS = 2_000
/** The kill comes after so many answers, different each time. */
const KILL_AFTER = [300, 700, 1_200]

describe('kill -9 of every process, with hooks in flight', () => {
  let system: System
  const ledgers: Ledger[] = []

  beforeAll(async () => {
    system = await startSystem()
    for (const [round, killAfter] of KILL_AFTER.entries()) {
      let killed: Promise<void> | undefined
      const ledger = await fire(httpClient(system.address, system.key), {
        label: `round-${round}`,
        count: HOOKS,
        senders: 32,
        onAnswer: ({ statuses }) => {
          if (statuses.length >= killAfter) killed ??= system.killAll()
        },
      })
      await killed
      ledgers.push(ledger)
      system = await startSystem({ dataDir: system.dataDir })
    }
    await settled(httpClient(system.address, system.key), 60_000)
  }, 240_000)
  afterAll(() => system.stop())

  it('happens in the middle of the stream', () => {
    for (const { accepted } of ledgers) {
      expect(accepted.size).toBeGreaterThan(100)
      expect(accepted.size).toBeLessThan(HOOKS)
    }
  })

  it('loses no accepted hook and records none twice', async () => {
    const client = httpClient(system.address, system.key)
    expect(await lostOrRepeated(client, ledgers)).toEqual([])
  })

  it('leaves sessions and graph with exact counts', async () => {
    const client = httpClient(system.address, system.key)
    const events = await client.all<RecordedEvent>('/events?source=test/fire')
    const bySession = new Map<string, string[]>()
    for (const { session, operation } of [...events].reverse()) {
      const operations = bySession.get(session ?? '') ?? []
      bySession.set(session ?? '', [...operations, operation])
    }
    const sessions = await client.all<Session>('/sessions')
    expect(Object.fromEntries(sessions.map(({ id, events: count }) => [id, count]))).toEqual(
      Object.fromEntries([...bySession].map(([id, operations]) => [id, operations.length])),
    )
    const { body } = await client.get<Graph>('/graph')
    expect(countsOf(body)).toEqual(countGraph(bySession))
  })
})
