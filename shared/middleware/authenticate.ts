import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { authorize } from '../domain/http/authorize.ts'
import { presentedKey } from '../domain/http/credentials.ts'
import type { Route } from '../domain/http/route.ts'
import { router } from '../domain/http/router.ts'
import { Failure } from '../errors.ts'
import type { AccessSnapshots } from '../ports/access-snapshots.ts'

/**
 * Lets a request through whose key has the role its route takes. Public routes need none, and a
 * request that no route answers is left to `serve`, which says so.
 *
 * @throws `Unauthenticated`, `Forbidden` naming the missing role, `Unavailable` when no fresh
 *   snapshot of the keys can be had.
 */
export function authenticate(
  routes: readonly Route[],
  snapshots: AccessSnapshots,
  now: () => Date,
): MiddlewareObj<APIGatewayProxyEvent> {
  const find = router(routes)
  return {
    async before({ event }) {
      const match = find(event.resource, event.httpMethod)
      if (match.type !== 'found') return
      const { access } = match.route
      if (access === 'public') return
      const role = access === 'source' ? 'writer' : access
      const key = presentedKey(event.headers)
      const admission = authorize(await snapshots.current(), key, role, now())
      if (admission.type === 'unauthenticated') throw unauthenticated(admission.presented)
      if (admission.type === 'forbidden') {
        throw new Failure('Forbidden', `This key lacks the role '${admission.missing}'.`)
      }
    },
  }
}

/** RFC 6750, section 3: `error` only where a key was presented. */
function unauthenticated(presented: boolean): Failure {
  const challenge = 'Bearer realm="omninode-bridge"'
  return presented
    ? new Failure('Unauthenticated', 'The key is unknown, revoked or expired.', {
        headers: { 'www-authenticate': `${challenge}, error="invalid_token"` },
      })
    : new Failure('Unauthenticated', 'A key is needed: Authorization: Bearer <key>.')
}
