import type { Issuer, RequiredClaim } from './access-issuers.ts'

type Claims = Readonly<Record<string, unknown>>

/** A token that names more roles than this is read that far. */
const MAX_ROLES = 100

/**
 * The roles of a token: its issuer's fixed ones and those it names, of both only what the issuer may
 * give. Roles are an array of texts, or one text with spaces between (as `scope`, RFC 8693, section 4.2).
 */
export function rolesOfToken(claims: Claims, issuer: Issuer): readonly string[] {
  const { rolesClaim, fixedRoles, allowedRoles } = issuer
  const named = rolesClaim === undefined ? [] : namesIn(claimAt(claims, rolesClaim))
  const wanted = new Set([...fixedRoles, ...named])
  return allowedRoles.filter((role) => wanted.has(role))
}

function namesIn(value: unknown): readonly string[] {
  const names = typeof value === 'string' ? value.split(' ', MAX_ROLES) : value
  if (!Array.isArray(names)) return []
  return names.slice(0, MAX_ROLES).filter((name): name is string => typeof name === 'string')
}

/** A claim by its name, or by a JSON pointer (RFC 6901) where the name begins with a slash. */
function claimAt(claims: Claims, claim: string): unknown {
  if (!claim.startsWith('/')) return own(claims, claim)
  const steps = claim.slice(1).split('/')
  return steps.reduce<unknown>(
    (value, step) => own(value, step.replaceAll('~1', '/').replaceAll('~0', '~')),
    claims,
  )
}

function own(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null
  return isObject && Object.hasOwn(value, name) ? (value as Claims)[name] : undefined
}

/** Whether a token has a claim, and with the value that it must have. */
export function hasClaim(claims: Claims, { claim, value }: RequiredClaim): boolean {
  const found = own(claims, claim)
  return value === undefined ? found !== undefined && found !== null : found === value
}
