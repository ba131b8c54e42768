import { performance } from 'node:perf_hooks'
import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { accessAudit } from '#shared/adapters/access-audit.ts'
import { openAccessSnapshots } from '#shared/adapters/access-snapshots.ts'
import { openCallers } from '#shared/adapters/callers.ts'
import { open, sealingKey } from '#shared/adapters/crypto/seal.ts'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { secretValue } from '#shared/adapters/secret-value.ts'
import { openSpill } from '#shared/adapters/spill.ts'
import { arrivalClock } from '#shared/domain/events/arrival.ts'
import { problem } from '#shared/middleware/problem.ts'
import { env } from './env.ts'
import { receiveHooks } from './hook-receiver.ts'

const { EVENT_LOG_URL, SPILL_URL, ACCESS_SNAPSHOT_URL, SOURCE_SECRETS_KEY, UPSTREAM_NETWORKS } =
  env.parse(process.env)
const key = sealingKey(await secretValue(SOURCE_SECRETS_KEY))
const nowMs = () => performance.timeOrigin + performance.now()

const access = openAccessSnapshots(ACCESS_SNAPSHOT_URL)
const now = () => new Date()

const log = await openEventLog(EVENT_LOG_URL)

const receive = receiveHooks({
  log,
  spill: openSpill(SPILL_URL),
  access,
  callers: openCallers({ snapshots: access, networks: upstreamNetworks(UPSTREAM_NETWORKS), now }),
  audit: accessAudit({ source: 'hook-receiver', now, eventLog: async () => log }),
  openSecret: (sealed) => open(sealed, key),
  now,
  nowMs,
  arrival: arrivalClock(nowMs),
})

/** `POST /hooks` and `POST /hooks/{source}`: what happened comes in here. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(problem('hook-receiver'))
  .handler(receive)
