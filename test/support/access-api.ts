import { randomBytes } from 'node:crypto'
import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { onTestFinished } from 'vitest'
import { access } from '#functions/access/access.ts'
import { routes } from '#functions/access/schema.ts'
import { freshSnapshots } from '#shared/adapters/access-snapshots.ts'
import { fingerprint, seal, sealingKey } from '#shared/adapters/crypto/seal.ts'
import { ensureFirstKey } from '#shared/adapters/postgres/access-bootstrap.ts'
import { postgresAuditOutbox } from '#shared/adapters/postgres/access-outbox.ts'
import { postgresAccessPublication } from '#shared/adapters/postgres/access-publication.ts'
import { postgresAccessRights } from '#shared/adapters/postgres/access-rights.ts'
import { postgresAccessStore } from '#shared/adapters/postgres/access-store.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import type { AccessSnapshot } from '#shared/domain/access.ts'
import { Failure } from '#shared/errors.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import { callersOf } from './access.ts'
import { call } from './api.ts'
import { freshDatabase } from './database.ts'

const PARAMETERS: Readonly<Record<string, string>> = {
  keys: 'id',
  sources: 'source',
  roles: 'role',
  issuers: 'issuer',
  certificates: 'certificate',
}

/** The function `access` on a database of its own, with a place for snapshots that can go away. */
export async function anAccessApi() {
  const sql = connect(await freshDatabase(), { applicationName: 'test', max: 2 })
  onTestFinished(() => sql.end())
  const place = { snapshot: undefined as AccessSnapshot | undefined, isDown: false }
  const snapshotPlace = {
    async publish(snapshot: AccessSnapshot) {
      if (place.isDown) throw new Failure('Unavailable', 'no place')
      place.snapshot = snapshot
    },
    async read() {
      return place.snapshot && { tag: 'any', snapshot: place.snapshot }
    },
  }
  const sealing = sealingKey(randomBytes(32).toString('base64'))
  const first = (await ensureFirstKey(sql, snapshotPlace, new Date())) ?? ''
  const now = () => new Date()
  const actions = access({
    store: postgresAccessStore(sql),
    rights: postgresAccessRights(sql),
    publication: postgresAccessPublication(sql, snapshotPlace),
    seal: (secret) => ({
      sealed: seal(secret, sealing),
      fingerprint: fingerprint(secret, sealing),
    }),
    now,
  })
  const snapshots = freshSnapshots(Promise.resolve(snapshotPlace), {
    lookAgainMs: -1,
    waitAfterMs: -1,
  })
  const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(problem('access'))
    .use(authenticate(routes, callersOf(snapshots, now)))
    .handler(serve(routes, actions))
  const ask = (method: string, url: string, body?: unknown, key = first) => {
    const [, kind, name] = url.split(/[/?]/)
    const resource =
      name && !url.includes('?') ? `/${kind}/{${PARAMETERS[kind ?? '']}}` : `/${kind}`
    return call(handler, {
      method,
      url,
      resource,
      body,
      headers: { authorization: `Bearer ${key}` },
    })
  }
  return {
    ask,
    place,
    sealing,
    sql,
    outbox: (log: Pick<EventLog, 'append'>) => postgresAuditOutbox(sql, log),
  }
}
