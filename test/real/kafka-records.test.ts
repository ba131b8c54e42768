import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { receiveHooks } from '#functions/hook-receiver/hook-receiver.ts'
import { kafkaEventLog } from '#shared/adapters/kafka/event-log.ts'
import { kafkaLogBrowser } from '#shared/adapters/kafka/log-browser.ts'
import { fromDeadLetter } from '#shared/domain/dead-letter.ts'
import { arrivalClock } from '#shared/domain/events/arrival.ts'
import { toRecord } from '#shared/domain/events/record.ts'
import { RECORD_LIMIT_BYTES, recordWeight } from '#shared/domain/record-size.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { readAll } from '#test/contract/event-log.contract.ts'
import { aKeyWith, callersOf, fixedSnapshots } from '#test/support/access.ts'
import { eventually, type HttpClient, httpClient, settled } from '#test/support/http-client.ts'
import { requestOf } from '#test/support/intake.ts'
import {
  canStartKafka,
  type KafkaClusterUnderTest,
  startKafka,
} from '#test/support/kafka-cluster.ts'
import { anEvent } from '#test/support/recordables.ts'
import { type System, startSystem } from '#test/support/system.ts'

const canRun = Boolean(process.env.KAFKA_BROKERS) && canStartKafka
const note = canRun ? '' : ' (skipped: needs KAFKA_BROKERS and ../shared/parts/kafka)'
const TOPIC = 'hooks.custom'
const MiB = 1_048_576
const MINUTE_MS = 60_000
const SETTLE_MS = 30_000

/** A native hook that goes to `TOPIC`. */
const aHook = (id: string, more: object = {}) => ({
  ...{ id, source: 'test/records', type: `${TOPIC}.seen`, data: { operation: 'look' } },
  ...more,
})

describe.skipIf(!canRun)(`records that are not as usual, on real Kafka${note}`, () => {
  let cluster: KafkaClusterUnderTest
  let system: System
  let client: HttpClient
  let kafka: kafkajs.Kafka
  let producer: kafkajs.Producer

  beforeAll(async () => {
    cluster = await startKafka({ name: 'records', port: 21_780, brokers: 1 })
    system = await startSystem({ env: { EVENT_LOG_URL: cluster.url } })
    client = httpClient(system.address, system.key)
    const brokers = cluster.url.replace('kafka://', '').split(',')
    kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING })
    producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
  }, 180_000)
  afterAll(async () => {
    await producer?.disconnect()
    await system?.stop()
    await cluster?.stop()
  }, 120_000)

  const recorded = async (query: string) => client.all<RecordedEvent>(`/events?${query}`)

  /** The dead letters of `TOPIC` whose key begins so, by key. */
  async function deadLetters(key: string) {
    const browser = kafkaLogBrowser(cluster.url)
    try {
      const letters = await readAll(browser, `dlq.${TOPIC}`)
      return new Map(
        letters.flatMap((record) =>
          record.key?.startsWith(key) ? [[record.key, fromDeadLetter(record)] as const] : [],
        ),
      )
    } finally {
      await browser.close()
    }
  }

  it('are recorded whole when they are of the largest size that intake takes', async () => {
    const ofSize = (id: string, bytes: number) => {
      const around = Buffer.byteLength(JSON.stringify(aHook(id, { data: { text: '' } })))
      return aHook(id, { data: { text: 'x'.repeat(bytes - around) } })
    }
    const hook = ofSize('largest', MiB)
    expect((await client.post('/hooks', hook)).status).toBe(202)
    await settled(client, SETTLE_MS)
    const [found] = await recorded('source=test/records')
    expect(found).toMatchObject({ id: 'largest', data: hook.data })
    const larger = ofSize('too-large', MiB + 1)
    expect((await client.post('/hooks', larger)).status).toBe(413)
  })

  it('are dead letters, whole, when they are no events, and nothing waits behind them', async () => {
    const event = toRecord(anEvent({ id: 'template', source: 'test/poison' }))
    const poison: Record<
      string,
      { value: Buffer | null; headers: Record<string, string | Buffer> }
    > = {
      'no-headers': { value: Buffer.from('{"plain":"JSON"}'), headers: {} },
      tombstone: { value: null, headers: {} },
      garbage: { value: randomBytes(10_000), headers: { ce_id: randomBytes(20) } },
      'half-an-event': { value: Buffer.from('{}'), headers: { ce_id: 'x', ce_source: 'y' } },
      'bad-time': {
        value: Buffer.from('{}'),
        headers: { ...(event.headers as Record<string, string>), ce_time: 'yesterday' },
      },
      __proto__: { value: Buffer.from('{}'), headers: { constructor: 'x' } },
      'our-headers': { value: Buffer.from('{}'), headers: { dlq_reason: 'malformed' } },
    }
    const bad = Object.entries(poison).map(([name, record]) => ({
      key: `poison-${name}`,
      ...record,
    }))
    const good = bad.map((_, nr) => {
      const id = `good-${nr}`
      return { ...toRecord(anEvent({ id, source: 'test/poison' })), key: id }
    })
    // One partition, each bad one between two good ones.
    const messages = bad.flatMap((record, nr) => [record, good[nr]])
    await producer.send({
      topic: TOPIC,
      acks: -1,
      messages: messages.map((one) => ({
        partition: 0,
        key: one?.key ?? null,
        value: one?.value ? Buffer.from(one.value) : null,
        headers: (one?.headers ?? {}) as kafkajs.IHeaders,
      })),
    })
    await settled(client, SETTLE_MS)
    const ids = (await recorded('source=test/poison')).map(({ id }) => id)
    expect(ids.sort()).toEqual(good.map(({ key }) => key).sort())
    const letters = await deadLetters('poison-')
    expect([...letters.keys()].sort()).toEqual(bad.map(({ key }) => key).sort())
    for (const { key, value } of bad) {
      const letter = letters.get(key)
      expect(letter).toMatchObject({ reason: 'malformed', origin: { topic: TOPIC, partition: 0 } })
      expect(letter?.original.value && Buffer.from(letter.original.value)).toEqual(value)
    }
    expect(letters.get('poison-our-headers')?.original.headers).toEqual({ dlq_reason: 'malformed' })
  })

  it('are dead letters also when the topic takes nothing larger', async () => {
    /** What the topic takes counts what Kafka adds too: the largest is found by trying. */
    let value = Buffer.alloc(0)
    for (let bytes = RECORD_LIMIT_BYTES + 4_096; ; bytes -= 8) {
      value = randomBytes(bytes)
      const messages = [{ partition: 0, key: 'full', value }]
      const sent = await producer.send({ topic: TOPIC, acks: -1, messages }).catch(() => undefined)
      if (sent) break
    }
    expect(recordWeight({ key: 'full', value, headers: {} })).toBeGreaterThan(RECORD_LIMIT_BYTES)
    expect((await client.post('/hooks', aHook('behind-full'))).status).toBe(202)
    await settled(client, SETTLE_MS)
    const letter = (await deadLetters('full')).get('full')
    expect(letter).toMatchObject({ reason: 'malformed' })
    expect(Buffer.compare(value, letter?.original.value ?? Buffer.alloc(0))).toBe(0)
  })

  it('are refused with the command that helps while their topic is missing, and taken after it', async () => {
    const missing = 'tools.registry'
    const hook = (id: string) => aHook(id, { type: `${missing}.found` })
    const admin = kafka.admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [missing] })
    await admin.disconnect()
    // The receiver remembers for a while where a topic was.
    await eventually(
      'a hook for the missing topic is refused',
      async () => {
        const { status } = await client.post('/hooks', hook('registry-2'))
        return status === 202 ? undefined : status
      },
      60_000,
    )
    const others: number[] = []
    const refused = new Set<number>()
    for (let nr = 0; nr < 20; nr++, await pause(200)) {
      refused.add((await client.post('/hooks', hook('registry-2'))).status)
      others.push((await client.post('/hooks', aHook(`other-topic-${nr}`))).status)
    }
    expect(refused).toEqual(new Set([503]))
    // Hooks for all other topics come in as ever.
    expect(others).toEqual(Array(20).fill(202))
    expect(system.output()).toMatch(/topic tools\.registry does not exist.*npm run topics/)

    const { stdout } = await promisify(execFile)(process.execPath, ['commands/topics.ts'], {
      env: { ...process.env, EVENT_LOG_URL: cluster.url },
    })
    expect(stdout).toMatch(/^create +tools\.registry$/m)
    await eventually('the hook is accepted', async () =>
      (await client.post('/hooks', hook('registry-3'))).status === 202 ? true : undefined,
    )
    await eventually(
      'and recorded, by a consumer that never stopped',
      async () => {
        const ids = (await recorded(`topic=${missing}`)).map(({ id }) => id)
        return ids.includes('registry-3') ? ids : undefined
      },
      SETTLE_MS,
    )
  })

  describe.each([
    { off: 'ahead', offMs: 10 * MINUTE_MS },
    { off: 'behind', offMs: -10 * MINUTE_MS },
  ])('that come through a receiver whose clock is 10 minutes $off', ({ off, offMs }) => {
    const session = `clock-${off}`

    /** A second receiver on the same log, at another place with another clock. */
    function aReceiver() {
      const { snapshot, key } = aKeyWith('writer')
      const log = kafkaEventLog(cluster.url)
      const receive = receiveHooks({
        log,
        spill: undefined,
        access: fixedSnapshots(snapshot),
        callers: callersOf(snapshot),
        openSecret: (sealed) => sealed,
        now: () => new Date(Date.now() + offMs),
        nowMs: () => performance.now(),
        arrival: arrivalClock(() => Date.now() + offMs),
      })
      const post = async (body: object) => (await receive(requestOf({ body, key }))).statusCode
      return { post, close: () => log.close() }
    }

    it('are recorded once, in the order of their own time, as one session', async () => {
      const there = aReceiver()
      const began = Date.now() - MINUTE_MS
      const hook = (nr: number, more: object) =>
        aHook(`${session}-${nr}`, {
          session,
          time: new Date(began + nr * 1_000).toISOString(),
          ...more,
        })
      const operations = ['plan', 'look', 'edit', 'test', 'ship']
      const statuses: number[] = []
      for (const [nr, operation] of operations.entries()) {
        const start = hook(2 * nr, {
          type: 'hooks.execution.started',
          data: { operation, phase: 'before', call_id: `${session}-call-${nr}` },
        })
        const end = hook(2 * nr + 1, {
          type: 'hooks.execution.finished',
          data: { operation, phase: 'after', call_id: `${session}-call-${nr}` },
        })
        // Each execution begins at one receiver and ends at the other.
        const [first, second] = nr % 2 === 0 ? [start, end] : [end, start]
        statuses.push((await client.post('/hooks', first)).status, await there.post(second))
      }
      // A sender that tries again reaches the other receiver.
      statuses.push(
        await there.post(
          hook(0, {
            type: 'hooks.execution.started',
            data: { operation: 'plan', phase: 'before', call_id: `${session}-call-0` },
          }),
        ),
      )
      await there.close()
      expect(new Set(statuses)).toEqual(new Set([202]))
      await settled(client, SETTLE_MS)

      const events = await recorded(`session=${session}`)
      const ids = Array.from({ length: 10 }, (_, nr) => `${session}-${nr}`)
      expect(events.map(({ id }) => id).reverse()).toEqual(ids)
      const found = (await client.get(`/sessions/${session}`)).body
      expect(found).toMatchObject({
        state: 'active',
        started_at: new Date(began).toISOString(),
        last_seen_at: new Date(began + 9_000).toISOString(),
        calls: operations.map((operation) => ({ operation, outcome: 'ok', duration_ms: 1_000 })),
      })
    })
  })
})
