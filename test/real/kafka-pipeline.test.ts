import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fire, lostOrRepeated } from '#test/support/accepted.ts'
import { eventually, httpClient, settled } from '#test/support/http-client.ts'
import { type System, startSystem } from '#test/support/system.ts'

const kafkaCommand = join(import.meta.dirname, '../../../shared/parts/kafka/kafka')
const canRun = Boolean(process.env.KAFKA_BROKERS) && existsSync(kafkaCommand)
const note = canRun ? '' : ' (skipped: needs KAFKA_BROKERS and ../shared/parts/kafka)'

const NAME = 'omninode-pipeline'
const PORT = 19_492
const DOWN_MS = 4_000

/** Runs the command on a broker of our own, which may be killed. */
async function kafka(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(kafkaCommand, [...args, '--name', NAME])
  return stdout
}

describe.skipIf(!canRun)(`the same functions on real Kafka${note}`, () => {
  let system: System

  beforeAll(async () => {
    await kafka('start', '--port', String(PORT), '--fresh')
    system = await startSystem({ env: { EVENT_LOG_URL: `kafka://127.0.0.1:${PORT}` } })
  }, 120_000)
  afterAll(async () => {
    await system?.stop()
    await kafka('stop', '--purge')
  }, 60_000)

  it('lose nothing that was accepted when the broker is killed and revived', async () => {
    const client = httpClient(system.address, system.key)
    let done = false
    const load = fire(client, { label: 'broker', count: 100_000, senders: 8, until: () => done })
    await pause(2_000)
    await kafka('kill', '1')
    await pause(DOWN_MS)
    await kafka('revive', '1')
    await eventually(
      'intake accepts again',
      async () => {
        const probe = { source: 'test/probe', type: 'hooks.custom.probed', data: {} }
        return (await client.post('/hooks', probe)).status === 202 ? true : undefined
      },
      60_000,
    )
    await pause(2_000)
    done = true
    const ledger = await load

    expect(ledger.accepted.size).toBeGreaterThan(100)
    expect(new Set(ledger.statuses)).toEqual(new Set([202, 503]))
    expect(ledger.slowestMs).toBeLessThan(5_500)
    await settled(client, 120_000)
    expect(await lostOrRepeated(client, [ledger])).toEqual([])
  })
})
