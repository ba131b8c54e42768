import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { openAccessAudit } from '#shared/adapters/access-audit.ts'
import { openAccessSnapshots } from '#shared/adapters/access-snapshots.ts'
import { outageGuard } from '#shared/adapters/breakers/outage-guard.ts'
import { openCallers } from '#shared/adapters/callers.ts'
import { openLogBrowser } from '#shared/adapters/event-log.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresLearnedPatterns } from '#shared/adapters/postgres/learned-patterns.ts'
import { postgresRecordedEvents } from '#shared/adapters/postgres/recorded-events.ts'
import { postgresRecordedSessions } from '#shared/adapters/postgres/recorded-sessions.ts'
import { postgresTrafficReading } from '#shared/adapters/postgres/traffic-reading.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import openapi from '../../docs/reference/openapi.json' with { type: 'json' }
import { env } from './env.ts'
import { insight } from './insight.ts'
import { routes } from './schema.ts'

const { DATABASE_READER_URL, EVENT_LOG_URL, ACCESS_SNAPSHOT_URL, UPSTREAM_NETWORKS } = env.parse(
  process.env,
)
const sql = connect(DATABASE_READER_URL, { applicationName: 'insight', max: 4 })
const snapshots = openAccessSnapshots(ACCESS_SNAPSHOT_URL)
const now = () => new Date()
const callers = openCallers({ snapshots, networks: upstreamNetworks(UPSTREAM_NETWORKS), now })

const guard = outageGuard({ name: 'the database' })

const actions = insight({
  events: guard(postgresRecordedEvents(sql)),
  sessions: guard(postgresRecordedSessions(sql)),
  patterns: guard(postgresLearnedPatterns(sql)),
  traffic: guard(postgresTrafficReading(sql)),
  browser: await openLogBrowser(EVENT_LOG_URL),
  snapshots,
  now,
  version: openapi.info.version,
  openapi,
})

/** The reading API: what was recorded, what was learned, how far behind it is. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(problem('insight'))
  .use(authenticate(routes, callers, openAccessAudit(EVENT_LOG_URL, 'insight')))
  .handler(serve(routes, actions))
