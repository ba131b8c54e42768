import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { openAccessPublisher, openAccessSnapshots } from '#shared/adapters/access-snapshots.ts'
import { fingerprint, seal, sealingKey } from '#shared/adapters/crypto/seal.ts'
import { postgresAccessPublication } from '#shared/adapters/postgres/access-publication.ts'
import { postgresAccessStore } from '#shared/adapters/postgres/access-store.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { secretValue } from '#shared/adapters/secret-value.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import { access } from './access.ts'
import { env } from './env.ts'
import { routes } from './schema.ts'

const { DATABASE_URL, ACCESS_SNAPSHOT_URL, SOURCE_SECRETS_KEY } = env.parse(process.env)
const sql = connect(DATABASE_URL, { applicationName: 'access' })
const key = sealingKey(await secretValue(SOURCE_SECRETS_KEY))
const now = () => new Date()

const actions = access({
  store: postgresAccessStore(sql),
  publication: postgresAccessPublication(sql, openAccessPublisher(ACCESS_SNAPSHOT_URL)),
  seal: (secret) => ({ sealed: seal(secret, key), fingerprint: fingerprint(secret, key) }),
  now,
})

/** Keys and sources: kept in the database, published for everyone who checks them. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(problem('access'))
  .use(authenticate(routes, openAccessSnapshots(ACCESS_SNAPSHOT_URL), now))
  .handler(serve(routes, actions))
