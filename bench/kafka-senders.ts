import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import kafkajs, { type Message } from 'kafkajs'
import { openAccessPublisher } from '#shared/adapters/access-snapshots.ts'
import { writtenHeaders } from '#shared/adapters/kafka/records.ts'
import { digestOf } from '#shared/domain/keys.ts'
import { requestOf, WRITER } from '#test/support/intake.ts'
import { hookStream } from './hooks.ts'
import { recordsOf } from './kafka-records.ts'

/**
 * Sends single hooks to Kafka from so many senders at once, each waiting for its acknowledgement, in a
 * process of its own: `kafka-senders.ts <options as JSON>`. Either kafkajs alone, which sends what
 * gathers while a request is away, as intake does; or the function, called as Lambda calls it.
 */
export type SendOptions = Readonly<{
  who: 'kafkajs' | 'function'
  brokers: string
  /** Where kafkajs alone sends, so that nobody has to read it. */
  topic: string
  senders: number
  warmUp: number
  records: number
  label: string
}>

export type SendResult = Readonly<{ sent: number; seconds: number; cpuMs: number }>

type Send = () => Promise<unknown>

const ACKS_OF_ALL_REPLICAS = -1
const RECORDS = 5_000

const options = JSON.parse(process.argv[2] ?? '{}') as SendOptions
const { send, close } = await (options.who === 'kafkajs' ? producer() : lambda())
await run(send, options.warmUp)
const before = process.cpuUsage()
const { sent, seconds } = await run(send, options.records)
const { user, system } = process.cpuUsage(before)
const result: SendResult = { sent, seconds, cpuMs: (user + system) / 1_000 }
console.log(JSON.stringify(result))
await close()
process.exit(0)

async function run(once: Send, most: number) {
  const started = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: options.senders }, async () => {
      while (count < most) {
        count += 1
        await once()
      }
    }),
  )
  return { sent: count, seconds: (performance.now() - started) / 1_000 }
}

/** kafkajs with the records that intake would make, and nothing around it. */
async function producer() {
  const records = await recordsOf(options.label, RECORDS)
  const { topic } = options
  const messages = records.map(
    ({ key, value, headers }): Message => ({
      ...{ key, headers: writtenHeaders(headers) },
      value: value && Buffer.from(value),
    }),
  )
  const brokers = options.brokers.split(',')
  const client = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer({
    ...{ idempotent: false, maxInFlightRequests: 1, allowAutoTopicCreation: false },
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await client.connect()
  let gathering: Message[] = []
  let next: Promise<unknown> | undefined
  let away: Promise<unknown> = Promise.resolve()
  let at = 0

  function gathered(): Promise<unknown> {
    next ??= away.then(async () => {
      await new Promise((done) => setImmediate(done))
      const batch = gathering
      gathering = []
      away = client.send({ topic, acks: ACKS_OF_ALL_REPLICAS, messages: batch })
      next = undefined
      await away
    })
    return next
  }
  return {
    send: () => {
      gathering.push(messages[at++ % messages.length] as Message)
      return gathered()
    },
    close: () => client.disconnect(),
  }
}

/** The function as Lambda loads it, without the HTTP in front of it. */
async function lambda() {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-senders-'))
  const snapshotUrl = pathToFileURL(join(folder, 'access.json')).href
  await openAccessPublisher(snapshotUrl).publish({
    version: 1,
    keys: [{ id: '1', name: 'bench', digest: digestOf(WRITER), roles: ['writer'] }],
    sources: [],
  })
  process.env.EVENT_LOG_URL = `kafka://${options.brokers}`
  process.env.ACCESS_SNAPSHOT_URL = snapshotUrl
  process.env.SOURCE_SECRETS_KEY = randomBytes(32).toString('base64')
  process.env.SPILL_URL = pathToFileURL(join(folder, 'spill')).href
  const { handler } = await import('#functions/hook-receiver/handler.ts')
  const call = handler as unknown as (
    event: APIGatewayProxyEvent,
    context: Context,
  ) => Promise<APIGatewayProxyResult>
  const context = { getRemainingTimeInMillis: () => 10_000 } as Context
  const hooks = hookStream(options.label)
  // Made before, as the messages of kafkajs alone are: Lambda hands events over ready.
  const events = Array.from({ length: options.warmUp + options.records }, () =>
    requestOf({ body: hooks.next() }),
  )
  let at = 0
  return {
    async send() {
      const event = events[at++]
      if (!event) throw new Error('more hooks were sent than were made')
      const { statusCode, body } = await call(event, context)
      if (statusCode !== 202) throw new Error(`a hook was answered ${statusCode}: ${body}`)
    },
    close: async () => rmSync(folder, { recursive: true }),
  }
}
