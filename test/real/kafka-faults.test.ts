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
import { processTree } from '#test/support/process-tree.ts'
import { type System, startSystem } from '#test/support/system.ts'

/** How long a broker, or all of them, are away. */
const OUTAGE_MS = 60_000

describe('three brokers, one bridge', () => {
  if (!process.env.KAFKA_BROKERS || !canStartKafka) {
    it.skip('is not run: needs KAFKA_BROKERS and a tool to start, freeze and kill brokers with', () =>
      undefined)
    return
  }
  let cluster: KafkaClusterUnderTest
  let system: System
  let client: HttpClient

  beforeAll(async () => {
    cluster = await startKafka({ name: 'faults', port: 19_520, brokers: 3 })
    system = await startSystem({ env: { EVENT_LOG_URL: cluster.url } })
    client = httpClient(system.address, system.key)
    await fire(client, { label: 'warm-up', count: 300, senders: 8 })
  }, 180_000)
  afterAll(async () => {
    await system?.stop()
    await cluster?.stop()
  }, 120_000)

  it.each([
    { who: 'a leader that is the controller', pick: () => cluster.controller() },
    {
      who: 'a leader that is not the controller',
      pick: async () => ((await cluster.controller()) % 3) + 1,
    },
  ])('accept 99.9 % of the hooks while $who is killed, and lose none', async ({ who, pick }) => {
    const victim = await pick()
    const label = `kill-${victim}-${who.length}`
    const ledger = await fireSteadily(client, { label, perSecond: PER_SECOND }, async () => {
      await pause(2_000)
      await cluster.broker('kill', victim)
      await pause(15_000)
      await cluster.broker('revive', victim)
      await pause(5_000)
    })
    await expectNothingLost(client, `killed ${who}`, ledger)
    expectAcceptedInTime(ledger)
  })

  it('accept 99.9 % of the hooks while a broker is frozen for a minute, and lose none', async () => {
    const ledger = await fireSteadily(
      client,
      { label: 'frozen', perSecond: PER_SECOND },
      async () => {
        await pause(2_000)
        await cluster.broker('pause', 1)
        await pause(OUTAGE_MS).finally(() => cluster.broker('resume', 1))
        await pause(5_000)
      },
    )
    await expectNothingLost(client, 'one broker frozen 60 s', ledger)
    expectAcceptedInTime(ledger)
  })

  it('spill what comes while all brokers are gone for a minute, and recover by themselves', async () => {
    const ledger = await fireSteadily(
      client,
      { label: 'all-gone', perSecond: PER_SECOND },
      async () => {
        await pause(2_000)
        for (const broker of [1, 2, 3]) await cluster.broker('kill', broker)
        await pause(OUTAGE_MS)
        await cluster.reviveAll()
        await pause(10_000)
      },
    )
    await expectNothingLost(client, 'all brokers gone 60 s', ledger)
    expectAcceptedInTime(ledger)
  })

  it.each([
    { trouble: 'frozen', signal: 'SIGSTOP' },
    { trouble: 'killed', signal: 'SIGKILL' },
  ] as const)(
    'accept hooks as ever while PostgreSQL is $trouble, and record them afterwards',
    async ({ trouble, signal }) => {
      const ledger = await fireSteadily(
        client,
        { label: `postgres-${trouble}`, perSecond: PER_SECOND },
        async () => {
          await pause(2_000)
          const hit = processTree(system.postgresPid)
          expect(hit).not.toEqual([])
          for (const pid of hit) process.kill(pid, signal)
          await pause(15_000)
          if (signal === 'SIGSTOP') for (const pid of hit) process.kill(pid, 'SIGCONT')
          await pause(5_000)
        },
      )
      await expectNothingLost(client, `PostgreSQL ${trouble}`, ledger)
      expect(new Set(ledger.statuses)).toEqual(new Set([202]))
      expectAcceptedInTime(ledger)
    },
  )

  it('lose nothing when the whole bridge is killed in the middle of its batches', async () => {
    const before = await fireSteadily(
      client,
      { label: 'bridge-killed', perSecond: PER_SECOND },
      async () => {
        await pause(3_000)
        await system.killAll()
      },
    )
    system = await startSystem({
      dataDir: system.dataDir,
      env: { EVENT_LOG_URL: cluster.url },
    })
    client = httpClient(system.address, system.key)
    await expectNothingLost(client, 'bridge killed', before)
    expect(before.accepted.size).toBeGreaterThan(0)
  })
})
