import { isBuiltInRole } from '#shared/domain/access.ts'
import { isRoleName, type OwnRole } from '#shared/domain/access-roles.ts'
import type { Actions } from '#shared/domain/http/action.ts'
import type { AccessRights, KeptEntry } from '#shared/ports/access-rights.ts'
import { type NamedDependencies, namedActions, nameIn } from './named.ts'
import type { RoleAnswer, rightsRoutes } from './rights-schema.ts'

type RoleRoute = Extract<(typeof rightsRoutes)[number], { path: '/roles' | '/roles/{role}' }>

/** Own roles: what their holders may do with which services. */
export function roleActions(
  { roles }: Pick<AccessRights, 'roles'>,
  dependencies: NamedDependencies,
): Actions<RoleRoute> {
  const rolesIn = () => ({ pointer: '', roles: [] })
  const kind = { word: 'role', entries: roles, toAnswer, rolesIn }
  const actions = namedActions(kind, dependencies)
  return {
    'GET /roles': ({ query }) => actions.list(query),
    'GET /roles/{role}': ({ params }) => actions.get(params.role ?? ''),
    'PUT /roles/{role}': async ({ params, body, principal }) => {
      const name = nameIn(params, 'role', isOwnName, RULE)
      return actions.put({ name, grants: body.grants }, principal)
    },
    'DELETE /roles/{role}': ({ params, principal }) => actions.remove(params.role ?? '', principal),
  }
}

const isOwnName = (name: string) => isRoleName(name) && !isBuiltInRole(name)
const RULE =
  'lower-case letters, digits and dashes, at most 64, a letter first, and not the name of a built-in role'

const toAnswer = ({ entry, ...times }: KeptEntry<OwnRole>): RoleAnswer => ({
  name: entry.name,
  grants: entry.grants.map(({ service, capabilities, register = false }) => ({
    service,
    capabilities: [...capabilities],
    register,
  })),
  ...times,
})
