import { batchHandler } from '#local/triggers/mapping.ts'
import { openEventConsumer, openEventLog } from '#shared/adapters/event-log.ts'
import { toTriggerEvent } from '#shared/domain/events/trigger.ts'

/**
 * The poller's reading with a function in the same process, to see what is not HTTP. Run as a process
 * of its own: `poller-in-process.ts <brokers> <topic> <batch size> <records>`; prints how many records
 * it handed over in which time, when it has all of them.
 */
const [brokers = '', topic = '', size = '1', all = '0'] = process.argv.slice(2)
const source = { eventSource: 'SelfManagedKafka', bootstrapServers: brokers } as const
const group = `in-process-${topic}-${process.pid}`
const batchSize = Number(size)
let counted = 0
let firstAt = 0

const consumer = await openEventConsumer(`kafka://${brokers}`)
const handle = batchHandler(
  {
    ...{ functionName: 'reader', topic, group, batchSize, source },
    ...{ startingPosition: 'earliest', windowMs: 0, maxRetries: 10 },
    maxAgeMs: Number.POSITIVE_INFINITY,
    ...{ bisect: true, partialFailures: true, deadLetterTopic: `dlq.${topic}` },
  },
  {
    consumer,
    deadLetters: await openEventLog(`kafka://${brokers}`),
    joined: false,
    host: {
      async consume(records) {
        if (firstAt === 0) firstAt = performance.now()
        const event = toTriggerEvent(records, source)
        for (const list of Object.values(event.records)) counted += list.length
        if (counted >= Number(all)) {
          console.log(JSON.stringify({ records: counted, ms: performance.now() - firstAt }))
        }
        return { type: 'result', value: { batchItemFailures: [] } }
      },
    },
    log: (_, code, fields) => console.error(code, fields),
    now: Date.now,
  },
)
await consumer.consume(
  { group, topic, startingPosition: 'earliest', maxRecords: batchSize, maxWaitMs: 0 },
  handle,
)
process.stdin.resume().on('end', () => process.exit(0))
