import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allRecordedOnce, fire } from '#test/support/accepted.ts'
import { type HttpClient, httpClient } from '#test/support/http-client.ts'
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

  it('takes every hook in time, loses nothing and recovers by itself', async () => {
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
      const event = { source: 'test', type: 'a.b', data: {} }
      expect((await client.post('/hooks', event)).status).toBe(202)
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT')
    }
    await pause(1_500)
    done = true
    const ledger = await load

    expect(new Set(ledger.statuses)).toEqual(new Set([202]))
    expect(ledger.slowestMs).toBeLessThan(ANSWER_WITHIN_MS)
    await allRecordedOnce(client, [ledger])
  })
})
