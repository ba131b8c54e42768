import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '#local/postgres.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresLearnedPatterns } from '#shared/adapters/postgres/learned-patterns.ts'
import { migrate } from '#shared/adapters/postgres/migrate.ts'
import {
  type KafkaTriggerEvent,
  type KafkaTriggerResponse,
  toTriggerEvent,
} from '#shared/domain/events/trigger.ts'
import { backlogRecord } from './backlog-record.ts'
import type { BenchOptions } from './report.ts'
import { quantile, type Report } from './report.ts'

const BATCH = 100
const BATCHES = 300
const PREDICTIONS = 1_000
/** The first calls open connections and compile. */
const WARM_UP = 20

/** The learner's handler, and a prediction, each in this process against a durable PostgreSQL. */
export async function analysis({ smoke }: BenchOptions): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-bench-'))
  const postgres = await startPostgres({ dataDir: join(folder, 'data', 'postgres') })
  try {
    const sql = connect(postgres.url, { applicationName: 'bench' })
    const migrations = join(import.meta.dirname, '../shared/adapters/postgres/migrations')
    await migrate(sql, { folder: migrations })
    const batches = await learn(postgres.url, smoke ? 3 : BATCHES)
    const predictions = await predict(postgres.url, smoke ? 10 : PREDICTIONS)
    await sql.end()
    return {
      figures: [
        { name: 'batch of 100 events p50', value: quantile(batches, 0.5), unit: 'ms', atMost: 20 },
        { name: 'batch of 100 events p99', value: quantile(batches, 0.99), unit: 'ms' },
        { name: 'prediction p50', value: quantile(predictions, 0.5), unit: 'ms' },
        { name: 'prediction p99', value: quantile(predictions, 0.99), unit: 'ms', atMost: 5 },
      ],
      notes: [`${batches.length} batches in order, then ${predictions.length} predictions`],
    }
  } finally {
    await postgres.stop()
    await rm(folder, { recursive: true })
  }
}

/** Times of batches through the handler, ms. */
async function learn(databaseUrl: string, batches: number): Promise<readonly number[]> {
  process.env.DATABASE_URL = databaseUrl
  process.env.EVENT_LOG_URL = databaseUrl
  const { handler } = (await import('#functions/pattern-processor/handler.ts')) as unknown as {
    handler: (event: KafkaTriggerEvent, context: object) => Promise<KafkaTriggerResponse>
  }
  const startMicros = Date.now() * 1_000 - 3_600_000_000
  const times: number[] = []
  for (let batch = 0; batch < batches + WARM_UP; batch++) {
    const records = Array.from({ length: BATCH }, (_, place) => {
      const at = batch * BATCH + place
      const timestamp = Math.floor(startMicros / 1_000) + at
      return { ...backlogRecord(at, startMicros), partition: 0, offset: at, timestamp }
    })
    const event = toTriggerEvent(records, {
      eventSource: 'SelfManagedKafka',
      bootstrapServers: '127.0.0.1:9092',
    })
    const started = performance.now()
    const { batchItemFailures } = await handler(event, {})
    times.push(performance.now() - started)
    if (batchItemFailures.length > 0) throw new Error('a batch was not learned')
  }
  return times.slice(WARM_UP)
}

/** Times of predictions after what was learned, ms. */
async function predict(databaseUrl: string, predictions: number): Promise<readonly number[]> {
  const sql = connect(databaseUrl, { applicationName: 'bench-predictions' })
  const learned = postgresLearnedPatterns(sql)
  const sequences = [['Read'], ['Read', 'Bash'], ['Edit', 'Write', 'Glob'], ['Never seen'], []]
  const times: number[] = []
  for (let at = 0; at < predictions + WARM_UP; at++) {
    const started = performance.now()
    await learned.predictAfter(sequences[at % sequences.length] ?? [])
    times.push(performance.now() - started)
  }
  await sql.end()
  return times.slice(WARM_UP)
}
