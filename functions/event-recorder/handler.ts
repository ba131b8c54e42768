import middy from '@middy/core'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresRecording } from '#shared/adapters/postgres/recording.ts'
import type { KafkaTriggerEvent, KafkaTriggerResponse } from '#shared/domain/events/trigger.ts'
import { env } from './env.ts'
import { eventRecorder } from './event-recorder.ts'

const { DATABASE_URL, EVENT_LOG_URL } = env.parse(process.env)

const record = eventRecorder({
  recording: postgresRecording(connect(DATABASE_URL, { applicationName: 'event-recorder' })),
  deadLetters: await openEventLog(EVENT_LOG_URL),
  now: () => new Date(),
})

/** Kafka trigger of every event topic: keeps what happened. */
export const handler = middy<KafkaTriggerEvent, KafkaTriggerResponse>().handler(record)
