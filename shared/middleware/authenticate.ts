import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { presentedBy } from '../domain/http/presented.ts'
import type { Route } from '../domain/http/route.ts'
import { router } from '../domain/http/router.ts'
import { lacksRole } from '../errors.ts'
import type { AccessAudit } from '../ports/access-audit.ts'
import type { Callers } from '../ports/callers.ts'
import { rememberCaller } from './caller.ts'

/**
 * Lets a request through whose sender has the role its route takes, and hands on who that is. Public
 * routes need none, and a request that no route answers is left to `serve`, which says so.
 *
 * @throws `Unauthenticated`, `Forbidden` naming the missing role, `Unavailable` when keys, or those of a
 *   token's issuer, can't be had.
 */
export function authenticate(
  routes: readonly Route[],
  callers: Callers,
  audit?: AccessAudit,
): MiddlewareObj<APIGatewayProxyEvent> {
  const find = router(routes)
  return {
    async before({ event }) {
      const match = find(event.resource, event.httpMethod)
      if (match.type !== 'found') return
      const { access, method, path } = match.route
      if (access === 'public') return
      const again = async () => (await callers.identify(presentedBy(event))).principal
      const principal = await again()
      rememberCaller(event, { principal, again })
      if (access === 'identified') return
      const role = access === 'source' ? 'writer' : access
      if (principal.roles.includes(role)) return
      await audit?.denied({
        principal,
        wish: { action: 'use', route: `${method} ${path}` },
        missing: role,
      })
      throw lacksRole(principal.kind, role, principal.roles)
    },
  }
}
