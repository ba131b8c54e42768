import type * as z from 'zod'
import type { CertificateEntry, CertificateMatch } from '#shared/domain/access-certificates.ts'
import type { Actions } from '#shared/domain/http/action.ts'
import { isSourceName } from '#shared/domain/sources.ts'
import type { AccessRights, KeptEntry } from '#shared/ports/access-rights.ts'
import { type NamedDependencies, namedActions, nameIn } from './named.ts'
import type { CertificateAnswer, certificateInput, rightsRoutes } from './rights-schema.ts'

type CertificateRoute = Extract<
  (typeof rightsRoutes)[number],
  { path: '/certificates' | '/certificates/{certificate}' }
>

/** Client certificates: whose holders may do what. */
export function certificateActions(
  { certificates }: Pick<AccessRights, 'certificates'>,
  dependencies: NamedDependencies,
): Actions<CertificateRoute> {
  const kind = { word: 'certificate', entries: certificates, toAnswer, rolesIn }
  const actions = namedActions(kind, dependencies)
  return {
    'GET /certificates': ({ query }) => actions.list(query),
    'GET /certificates/{certificate}': ({ params }) => actions.get(params.certificate ?? ''),
    'PUT /certificates/{certificate}': async ({ params, body, principal }) => {
      const name = nameIn(params, 'certificate', isSourceName, RULE)
      return actions.put({ name, match: toMatch(body.match), roles: body.roles }, principal)
    },
    'DELETE /certificates/{certificate}': ({ params, principal }) =>
      actions.remove(params.certificate ?? '', principal),
  }
}

const rolesIn = ({ roles }: CertificateEntry) => ({ pointer: '/roles', roles })

const RULE = 'letters, digits, dot, dash and underscore, at most 64, a letter or digit first'

type MatchInput = z.infer<typeof certificateInput>['match']

function toMatch(match: MatchInput): CertificateMatch {
  if ('spiffe_id' in match) return { kind: 'spiffe-id', value: match.spiffe_id }
  if ('spiffe_prefix' in match) return { kind: 'spiffe-prefix', value: match.spiffe_prefix }
  return { kind: 'subject', value: match.subject }
}

function fromMatch({ kind, value }: CertificateMatch): MatchInput {
  if (kind === 'spiffe-id') return { spiffe_id: value }
  return kind === 'spiffe-prefix' ? { spiffe_prefix: value } : { subject: value }
}

const toAnswer = ({ entry, ...times }: KeptEntry<CertificateEntry>): CertificateAnswer => ({
  name: entry.name,
  match: fromMatch(entry.match),
  roles: [...entry.roles],
  ...times,
})
