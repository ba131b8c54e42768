import type { Wish } from '../domain/access-decision.ts'
import type { Grant } from '../domain/access-roles.ts'
import type { Principal } from '../domain/principal.ts'

/** What somebody was refused. */
export type Refusal = Readonly<{
  principal: Principal
  /** What was wished of a service, or the route of the bridge's own API that was asked for. */
  wish: Wish | Readonly<{ action: 'use'; route: string }>
  /** What would have been needed: a grant for a service, a role for a route. */
  missing: Grant | string
}>

/** Tells the audit trail who was refused what. */
export interface AccessAudit {
  /**
   * Notes a refusal as `services.lifecycle.access_denied`: the first of a kind at once, those of the
   * next minute together in one event. Never fails and never takes long.
   */
  denied(refusal: Refusal): Promise<void>
}
