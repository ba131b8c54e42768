import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { openAccessAudit } from '#shared/adapters/access-audit.ts'
import { openAccessSnapshots } from '#shared/adapters/access-snapshots.ts'
import { openCallers } from '#shared/adapters/callers.ts'
import { openCatalog } from '#shared/adapters/catalog.ts'
import { openKeyValue } from '#shared/adapters/discovery.ts'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { transformer } from '#shared/adapters/transform/transformer.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import { env } from './env.ts'
import { rulesStore } from './rules-store.ts'
import { routes } from './schema.ts'
import { versionRouter } from './version-router.ts'

const { DISCOVERY_URL, CATALOG_URL, EVENT_LOG_URL, ACCESS_SNAPSHOT_URL, UPSTREAM_NETWORKS } =
  env.parse(process.env)
const now = () => new Date()
const [store, events] = await Promise.all([
  openKeyValue(DISCOVERY_URL),
  openEventLog(EVENT_LOG_URL),
])
const callers = openCallers({
  snapshots: openAccessSnapshots(ACCESS_SNAPSHOT_URL),
  networks: upstreamNetworks(UPSTREAM_NETWORKS),
  now,
})

const actions = versionRouter({
  rules: rulesStore(store),
  catalog: openCatalog(CATALOG_URL),
  transformer: transformer(),
  random: Math.random,
  events,
  now,
})

/** Routing rules of services: kept where the catalog is made of, told as events. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(problem('version-router'))
  .use(authenticate(routes, callers, openAccessAudit(EVENT_LOG_URL, 'version-router')))
  .handler(serve(routes, actions))
