import type * as z from 'zod'
import type { Issuer } from '#shared/domain/access-issuers.ts'
import type { Actions } from '#shared/domain/http/action.ts'
import { isSourceName } from '#shared/domain/sources.ts'
import type { AccessRights, KeptEntry } from '#shared/ports/access-rights.ts'
import { type NamedDependencies, namedActions, nameIn } from './named.ts'
import type { IssuerAnswer, issuerInput, rightsRoutes } from './rights-schema.ts'

type IssuerRoute = Extract<
  (typeof rightsRoutes)[number],
  { path: '/issuers' | '/issuers/{issuer}' }
>

/** Issuers of tokens: whose are believed, and what they are worth. */
export function issuerActions(
  { issuers }: Pick<AccessRights, 'issuers'>,
  dependencies: NamedDependencies,
): Actions<IssuerRoute> {
  const kind = { word: 'issuer', entries: issuers, toAnswer, rolesIn }
  const actions = namedActions(kind, dependencies)
  return {
    'GET /issuers': ({ query }) => actions.list(query),
    'GET /issuers/{issuer}': ({ params }) => actions.get(params.issuer ?? ''),
    'PUT /issuers/{issuer}': async ({ params, body, principal }) => {
      const name = nameIn(params, 'issuer', isSourceName, RULE)
      return actions.put(toEntry(name, body), principal)
    },
    'DELETE /issuers/{issuer}': ({ params, principal }) =>
      actions.remove(params.issuer ?? '', principal),
  }
}

const rolesIn = ({ allowedRoles: roles }: Issuer) => ({ pointer: '/allowed_roles', roles })

const RULE = 'letters, digits, dot, dash and underscore, at most 64, a letter or digit first'

function toEntry(name: string, body: z.infer<typeof issuerInput>): Issuer {
  return {
    name,
    issuer: body.issuer,
    audiences: body.audiences,
    jwksUrl: body.jwks_url,
    algorithms: body.algorithms,
    leewayS: body.leeway_s,
    ...(body.roles_claim === undefined ? {} : { rolesClaim: body.roles_claim }),
    fixedRoles: body.fixed_roles,
    allowedRoles: body.allowed_roles,
    requiredClaims: body.required_claims,
    ...(body.token_type === undefined ? {} : { tokenType: body.token_type }),
  }
}

const toAnswer = ({ entry, ...times }: KeptEntry<Issuer>): IssuerAnswer => ({
  name: entry.name,
  issuer: entry.issuer,
  audiences: [...entry.audiences],
  jwks_url: entry.jwksUrl,
  algorithms: [...entry.algorithms],
  leeway_s: entry.leewayS,
  roles_claim: entry.rolesClaim ?? null,
  fixed_roles: [...entry.fixedRoles],
  allowed_roles: [...entry.allowedRoles],
  required_claims: entry.requiredClaims.map((required) => ({ ...required })),
  token_type: entry.tokenType ?? null,
  ...times,
})
