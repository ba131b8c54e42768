import { Agent, request } from 'node:http'
import kafkajs, { type EachBatchPayload, type KafkaMessage } from 'kafkajs'

/**
 * The floor that the poller is measured against: a bare kafkajs consumer that makes the same event of
 * what it reads, hands it to the same function, and commits. Run as a process of its own:
 * `poller-floor.ts <brokers> <topic> <batch size> <partitions at once> <endpoint | in-process>`.
 * In process it prints how many records it handed over in which time, when it has all of them.
 */
const [brokers = '', topic = '', size = '1', atOnce = '1', endpoint = '', all = '0'] =
  process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const url = `${endpoint}/2015-03-31/functions/reader/invocations`
let counted = 0
let firstAt = 0

const consumer = new kafkajs.Kafka({
  brokers: brokers.split(','),
  logLevel: kafkajs.logLevel.NOTHING,
}).consumer({ groupId: `floor-${topic}-${process.pid}`, maxWaitTimeInMs: 250 })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({ partitionsConsumedConcurrently: Number(atOnce), eachBatch })
process.stdin.resume().on('end', () => process.exit(0))

async function eachBatch({ batch, heartbeat }: EachBatchPayload): Promise<void> {
  for (let at = 0; at < batch.messages.length; at += Number(size)) {
    const messages = batch.messages.slice(at, at + Number(size))
    const event = eventOf(batch.partition, messages)
    if (endpoint === 'in-process') count(event)
    else await invoke(JSON.stringify(event))
    await heartbeat()
  }
}

function eventOf(partition: number, messages: readonly KafkaMessage[]) {
  return {
    eventSource: 'SelfManagedKafka',
    bootstrapServers: brokers,
    records: {
      [`${topic}-${partition}`]: messages.map(
        ({ offset, timestamp, key, value, headers = {} }) => ({
          ...{ topic, partition, offset: Number(offset), timestamp: Number(timestamp) },
          timestampType: 'CREATE_TIME',
          key: key?.toString('base64'),
          value: value?.toString('base64'),
          headers: Object.entries(headers).map(([name, bytes]) => ({
            [name]: [...(bytes as Buffer)],
          })),
        }),
      ),
    },
  }
}

function count({ records }: ReturnType<typeof eventOf>): void {
  if (firstAt === 0) firstAt = performance.now()
  for (const list of Object.values(records)) counted += list.length
  if (counted < Number(all)) return
  console.log(JSON.stringify({ records: counted, ms: performance.now() - firstAt }))
}

function invoke(body: string): Promise<void> {
  return new Promise((done, fail) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    const asked = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().on('end', done)
    })
    asked.on('error', fail).end(body)
  })
}
