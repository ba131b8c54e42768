import type { Author } from '#shared/domain/audit-trail.ts'
import type { Principal } from '#shared/domain/principal.ts'

/** Who makes a change, for the audit trail. All routes here need a role, so somebody is known. */
export function authorOf(principal: Principal | undefined): Author {
  if (!principal) throw new Error('a change of access that nobody is known to make')
  const { kind, id, name } = principal
  return { kind, id, name }
}
