import middy from '@middy/core'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { openAccessAudit } from '#shared/adapters/access-audit.ts'
import { openAccessSnapshots } from '#shared/adapters/access-snapshots.ts'
import { openCallers } from '#shared/adapters/callers.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresRecordedEvents } from '#shared/adapters/postgres/recorded-events.ts'
import { postgresRecordingSignal } from '#shared/adapters/postgres/recording-signal.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { type StreamedResult, serveStream } from '#shared/middleware/serve-stream.ts'
import { streamResponse } from '#shared/middleware/stream-response.ts'
import { env } from './env.ts'
import { live } from './live.ts'
import { routes } from './schema.ts'

const { DATABASE_READER_URL, EVENT_LOG_URL, ACCESS_SNAPSHOT_URL, UPSTREAM_NETWORKS } = env.parse(
  process.env,
)
const sql = connect(DATABASE_READER_URL, { applicationName: 'live', max: 2 })
const snapshots = openAccessSnapshots(ACCESS_SNAPSHOT_URL)
const now = () => new Date()
const callers = openCallers({ snapshots, networks: upstreamNetworks(UPSTREAM_NETWORKS), now })

const actions = live({
  events: postgresRecordedEvents(sql),
  recording: postgresRecordingSignal(sql),
  now,
})

/** Server-sent events of everything recorded. */
export const handler = middy<APIGatewayProxyEvent, StreamedResult>({
  executionMode: streamResponse,
})
  .use(problem('live'))
  .use(authenticate(routes, callers, openAccessAudit(EVENT_LOG_URL, 'live')))
  .handler(serveStream(routes, actions))
