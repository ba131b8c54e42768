import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fire, lostOrRepeated } from '#test/support/accepted.ts'
import { eventually, type HttpClient, httpClient, settled } from '#test/support/http-client.ts'
import { processTree } from '#test/support/process-tree.ts'
import { type System, startSystem } from '#test/support/system.ts'

const FROZEN_MS = 6_000
/** Intake has to answer within this, whatever the database does; plus time on the way. */
const ANSWER_WITHIN_MS = 5_000 + 500

describe('PostgreSQL frozen under load', () => {
  let system: System
  let client: HttpClient

  beforeAll(async () => {
    system = await startSystem()
    client = httpClient(system.address, system.key)
  })
  afterAll(() => system.stop())

  it('answers 503 in time, loses nothing and recovers by itself', async () => {
    let done = false
    const load = fire(client, {
      label: 'freeze',
      count: 100_000,
      senders: 8,
      until: () => done,
    })
    await pause(700)
    const frozen = processTree(system.postgresPid)
    expect(frozen).not.toEqual([])
    try {
      for (const pid of frozen) process.kill(pid, 'SIGSTOP')
      await pause(FROZEN_MS)
      const refused = await client.post('/hooks', { source: 'test', type: 'a.b', data: {} })
      expect(refused.status).toBe(503)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(refused.headers.get('content-type')).toContain('application/problem+json')
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT')
    }
    await eventually('intake accepts again', async () => {
      const { status } = await client.post('/hooks', { source: 'test', type: 'a.b', data: {} })
      return status === 202 ? true : undefined
    })
    await pause(500)
    done = true
    const ledger = await load

    expect(new Set(ledger.statuses)).toEqual(new Set([202, 503]))
    expect(ledger.slowestMs).toBeLessThan(ANSWER_WITHIN_MS)
    await settled(client)
    expect(await lostOrRepeated(client, [ledger])).toEqual([])
  })
})
