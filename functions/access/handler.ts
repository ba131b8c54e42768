import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { openAccessAudit } from '#shared/adapters/access-audit.ts'
import { openAccessPublisher, openAccessSnapshots } from '#shared/adapters/access-snapshots.ts'
import { openCallers } from '#shared/adapters/callers.ts'
import { fingerprint, seal, sealingKey } from '#shared/adapters/crypto/seal.ts'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { postgresAuditOutbox } from '#shared/adapters/postgres/access-outbox.ts'
import { postgresAccessPublication } from '#shared/adapters/postgres/access-publication.ts'
import { postgresAccessRights } from '#shared/adapters/postgres/access-rights.ts'
import { postgresAccessStore } from '#shared/adapters/postgres/access-store.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { secretValue } from '#shared/adapters/secret-value.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import { access } from './access.ts'
import { announce } from './announce.ts'
import { env } from './env.ts'
import { routes } from './schema.ts'

const { DATABASE_URL, EVENT_LOG_URL, ACCESS_SNAPSHOT_URL, SOURCE_SECRETS_KEY, UPSTREAM_NETWORKS } =
  env.parse(process.env)
const sql = connect(DATABASE_URL, { applicationName: 'access' })
const key = sealingKey(await secretValue(SOURCE_SECRETS_KEY))
const now = () => new Date()
const callers = openCallers({
  snapshots: openAccessSnapshots(ACCESS_SNAPSHOT_URL),
  networks: upstreamNetworks(UPSTREAM_NETWORKS),
  now,
})

const actions = access({
  store: postgresAccessStore(sql),
  rights: postgresAccessRights(sql),
  publication: postgresAccessPublication(sql, openAccessPublisher(ACCESS_SNAPSHOT_URL)),
  seal: (secret) => ({ sealed: seal(secret, key), fingerprint: fingerprint(secret, key) }),
  now,
})

const outbox = postgresAuditOutbox(sql, await openEventLog(EVENT_LOG_URL))

/** Who may do what: kept in the database, published for everyone who checks it, every change told. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(problem('access'))
  .use(authenticate(routes, callers, openAccessAudit(EVENT_LOG_URL, 'access')))
  .after(announce(outbox))
  .handler(serve(routes, actions))
