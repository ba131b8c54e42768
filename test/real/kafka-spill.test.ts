import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fire, fireSteadily } from '#test/support/accepted.ts'
import { type HttpClient, httpClient } from '#test/support/http-client.ts'
import {
  canStartKafka,
  type KafkaClusterUnderTest,
  startKafka,
} from '#test/support/kafka-cluster.ts'
import { expectAcceptedInTime, expectNothingLost, PER_SECOND } from '#test/support/outage.ts'
import { type System, startSystem } from '#test/support/system.ts'

/** As long as a failover takes at most. */
const OUTAGE_MS = 12_000

describe('the only broker, away for as long as a failover takes', () => {
  if (!process.env.KAFKA_BROKERS || !canStartKafka) {
    it.skip('is not run: needs KAFKA_BROKERS and a tool to start, freeze and kill brokers with', () =>
      undefined)
    return
  }
  let cluster: KafkaClusterUnderTest
  let system: System
  let client: HttpClient

  beforeAll(async () => {
    cluster = await startKafka({ name: 'spill', port: 19_600, brokers: 1 })
    system = await startSystem({ env: { EVENT_LOG_URL: cluster.url } })
    client = httpClient(system.address, system.key)
    await fire(client, { label: 'warm-up', count: 300, senders: 8 })
  }, 240_000)
  afterAll(async () => {
    await system?.stop()
    await cluster?.stop()
  }, 120_000)

  it.each([
    { how: 'killed', begin: 'kill', end: 'revive' },
    { how: 'frozen', begin: 'pause', end: 'resume' },
  ] as const)(
    'costs no hook when it is $how: 99.9 % are accepted in time and recorded once',
    async ({ how, begin, end }) => {
      const ledger = await fireSteadily(client, { label: how, perSecond: PER_SECOND }, async () => {
        await pause(2_000)
        await cluster.broker(begin, 1)
        await pause(OUTAGE_MS)
        await cluster.broker(end, 1)
        await pause(4_000)
      })
      await expectNothingLost(client, `the only broker ${how} ${OUTAGE_MS / 1_000} s`, ledger)
      expectAcceptedInTime(ledger)
    },
  )

  it('loses nothing when the bridge is killed while hooks wait in the spill', async () => {
    const ledger = await fireSteadily(
      client,
      { label: 'bridge', perSecond: PER_SECOND },
      async () => {
        await pause(1_000)
        await cluster.broker('kill', 1)
        await pause(5_000)
        await system.killAll()
      },
    )
    const { dataDir } = system
    await cluster.broker('revive', 1)
    system = await startSystem({ dataDir, env: { EVENT_LOG_URL: cluster.url } })
    client = httpClient(system.address, system.key)
    expect(ledger.accepted.size).toBeGreaterThan(PER_SECOND)
    await expectNothingLost(client, 'bridge killed with a full spill', ledger)
  })
})
