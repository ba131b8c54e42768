import type { AccessSnapshot } from './access.ts'
import { ANY, type Grant } from './access-roles.ts'
import type { Principal } from './principal.ts'

/** What someone wants of a service. */
export type Wish =
  /** `capability`: what the operation declares; undefined where it declares none. */
  | Readonly<{ action: 'call'; service: string; capability: string | undefined }>
  | Readonly<{ action: 'register'; service: string }>

export type AccessDecision =
  /** `by` the role that grants it. */
  | Readonly<{ type: 'allowed'; by: string }>
  /** `missing`: the least that one of the caller's roles would have to grant; `held`: those looked at. */
  | Readonly<{ type: 'denied'; missing: Grant; held: readonly string[] }>

/** The grants of the built-in roles; a role without any is about the bridge's own API. */
const builtIn: ReadonlyMap<string, readonly Grant[]> = new Map([
  ['caller', [{ service: ANY, capabilities: [ANY] }]],
  ['registrar', [{ service: ANY, capabilities: [], register: true }]],
])

/**
 * Decides whether someone may do what he wishes: only what one of his roles grants. A role that
 * nobody defined (any more) grants nothing, and no role of that name replaces a built-in one.
 */
export function decideAccess(
  snapshot: Pick<AccessSnapshot, 'roles'>,
  principal: Pick<Principal, 'roles'>,
  wish: Wish,
): AccessDecision {
  for (const role of principal.roles) {
    const grants = builtIn.get(role) ?? grantsOf(snapshot).get(role)
    if (grants?.some((grant) => covers(grant, wish))) return { type: 'allowed', by: role }
  }
  return { type: 'denied', missing: leastGrant(wish), held: principal.roles }
}

/** Whether a grant is enough for a wish. */
export function covers(grant: Grant, wish: Wish): boolean {
  if (grant.service !== ANY && grant.service !== wish.service) return false
  if (wish.action === 'register') return grant.register === true
  if (grant.capabilities.includes(ANY)) return true
  return wish.capability !== undefined && grant.capabilities.includes(wish.capability)
}

function leastGrant(wish: Wish): Grant {
  const { service } = wish
  return wish.action === 'register'
    ? { service, capabilities: [], register: true }
    : { service, capabilities: [wish.capability ?? ANY] }
}

const indexes = new WeakMap<readonly unknown[], ReadonlyMap<string, readonly Grant[]>>()
const nothing: ReadonlyMap<string, readonly Grant[]> = new Map()

/** Own roles by name: snapshots are replaced, never changed. */
function grantsOf({ roles }: Pick<AccessSnapshot, 'roles'>): ReadonlyMap<string, readonly Grant[]> {
  if (!roles) return nothing
  let index = indexes.get(roles)
  if (!index) {
    index = new Map(roles.map(({ name, grants }) => [name, grants]))
    indexes.set(roles, index)
  }
  return index
}
