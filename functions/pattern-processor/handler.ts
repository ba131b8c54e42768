import middy from '@middy/core'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresLearning } from '#shared/adapters/postgres/learning.ts'
import type { KafkaTriggerEvent, KafkaTriggerResponse } from '#shared/domain/events/trigger.ts'
import { env } from './env.ts'
import { patternProcessor } from './pattern-processor.ts'

const { DATABASE_URL } = env.parse(process.env)

const learn = patternProcessor({
  learning: postgresLearning(connect(DATABASE_URL, { applicationName: 'pattern-processor' })),
  now: () => new Date(),
})

/** Kafka trigger of every event topic: learns from what happened. */
export const handler = middy<KafkaTriggerEvent, KafkaTriggerResponse>().handler(learn)
