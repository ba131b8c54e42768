import middy from '@middy/core'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { openSpillOutlet } from '#shared/adapters/spill.ts'
import { env } from './env.ts'
import { drainSpill } from './spill-drain.ts'

const { EVENT_LOG_URL, SPILL_URL } = env.parse(process.env)

const drain = drainSpill({
  log: await openEventLog(EVENT_LOG_URL),
  outlet: await openSpillOutlet(SPILL_URL),
})

/** Queue trigger of the spill: moves what came in while the log was away to the log. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(drain)
