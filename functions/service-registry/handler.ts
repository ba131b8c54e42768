import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { openAccessAudit } from '#shared/adapters/access-audit.ts'
import { openAccessSnapshots } from '#shared/adapters/access-snapshots.ts'
import { outageGuard } from '#shared/adapters/breakers/outage-guard.ts'
import { openCallers } from '#shared/adapters/callers.ts'
import { openDirectory, openKeyValue } from '#shared/adapters/discovery.ts'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { leadsOutside } from '#shared/adapters/network/leads-outside.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import { env } from './env.ts'
import { routes } from './schema.ts'
import { serviceRegistry } from './service-registry.ts'

const { DISCOVERY_URL, EVENT_LOG_URL, ACCESS_SNAPSHOT_URL, UPSTREAM_NETWORKS } = env.parse(
  process.env,
)
const snapshots = openAccessSnapshots(ACCESS_SNAPSHOT_URL)
const networks = upstreamNetworks(UPSTREAM_NETWORKS)
const now = () => new Date()
const audit = openAccessAudit(EVENT_LOG_URL, 'service-registry')

const guard = outageGuard({ name: 'the directory' })

const actions = serviceRegistry({
  directory: guard(await openDirectory(DISCOVERY_URL)),
  keyValue: guard(await openKeyValue(DISCOVERY_URL)),
  log: await openEventLog(EVENT_LOG_URL),
  snapshots,
  audit,
  networks,
  leadsOutside: leadsOutside(networks),
  now,
})

/** Where services announce themselves and are listed. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(problem('service-registry'))
  .use(authenticate(routes, openCallers({ snapshots, networks, now }), audit))
  .handler(serve(routes, actions))
