import middy from '@middy/core'
import { openKeyValue } from '#shared/adapters/discovery.ts'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresTraffic } from '#shared/adapters/postgres/traffic.ts'
import type { KafkaTriggerEvent, KafkaTriggerResponse } from '#shared/domain/events/trigger.ts'
import { env } from './env.ts'
import { trafficLearner } from './traffic-learner.ts'

const { DATABASE_URL, EVENT_LOG_URL, DISCOVERY_URL } = env.parse(process.env)

const learner = trafficLearner({
  traffic: postgresTraffic(connect(DATABASE_URL, { applicationName: 'traffic-learner' })),
  store: await openKeyValue(DISCOVERY_URL),
  events: await openEventLog(EVENT_LOG_URL),
  now: () => new Date(),
})

type Trigger = KafkaTriggerEvent | Readonly<{ source: 'aws.events' }>

/** Kafka trigger of `tools.calls` and `services.health`, and scheduled every minute. */
export const handler = middy<Trigger, KafkaTriggerResponse | undefined>().handler(
  async (trigger) => {
    if ('records' in trigger) return learner.learn(trigger)
    await learner.sweep()
    return undefined
  },
)
