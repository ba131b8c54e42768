import { findRefProblems } from '#shared/domain/discovery/instance-problems.ts'
import type { ActionAnswer, Actions } from '#shared/domain/http/action.ts'
import type { RequestHeaders } from '#shared/domain/http/headers.ts'
import { preconditionOf } from '#shared/domain/http/preconditions.ts'
import type { Principal } from '#shared/domain/principal.ts'
import type { RoutingRules } from '#shared/domain/routing/rules.ts'
import { contentOf, type RulesContent } from '#shared/domain/routing/rules-content.ts'
import { readRules, writeRules } from '#shared/domain/routing/rules-form.ts'
import { findRulesProblems } from '#shared/domain/routing/rules-problems.ts'
import { Failure } from '#shared/errors.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import type { Transformer } from '#shared/ports/transformer.ts'
import { routingChanged } from './announce.ts'
import { findExampleProblems } from './example-problems.ts'
import { entityTag, type RulesStore } from './rules-store.ts'
import type { RevisionAnswer, RulesAnswer, routes } from './schema.ts'

type RoutingRoute = Extract<
  (typeof routes)[number],
  { path: '/services/{name}/routing' | `/services/{name}/routing/re${string}` }
>

export type RoutingDependencies = Readonly<{
  rules: RulesStore
  events: Pick<EventLog, 'append'>
  transformer: Transformer
  now: () => Date
}>

type Request = Readonly<{
  params: Readonly<Record<string, string>>
  headers: RequestHeaders
  principal: Principal | undefined
}>

/**
 * The routing rules of services. A change answers once it is told as an event; until then it is 503,
 * and repeating it, which is safe, tells it.
 */
export const routingActions = ({
  rules,
  events,
  transformer,
  now,
}: RoutingDependencies): Actions<RoutingRoute> => {
  async function change(request: Request, content: RulesContent): Promise<ActionAnswer> {
    const service = serviceOf(request)
    const { principal } = request
    const author = { by: principal ? `${principal.kind} ${principal.name}` : 'nobody', at: now() }
    const made = await rules.change(service, content, author, preconditionOf(request.headers))
    await events.append([routingChanged(service, made)])
    if (made.now.deleted) return { status: 204 }
    const isFirst = made.before === undefined || made.before.deleted === true
    return { ...answerOf(service, made.now), status: isFirst ? 201 : 200 }
  }

  return {
    'GET /services/{name}/routing': async ({ params }) => {
      const service = serviceOf({ params })
      return answerOf(service, (await rules.find(service)) ?? none(service))
    },

    'PUT /services/{name}/routing': async (request) => {
      const content = readRules(request.body)
      const problems = [
        ...findRulesProblems({ revision: 0, ...content }),
        ...(await findExampleProblems(transformer, content.transforms ?? [])),
      ]
      if (problems.length === 0) return change(request, content)
      throw new Failure('InvalidInput', 'The rules are not valid; `errors` says where.', {
        errors: problems,
      })
    },

    'DELETE /services/{name}/routing': async (request) => {
      const service = serviceOf(request)
      // None and never any: there is nothing that a repeated request could have done.
      if ((await rules.revisions(service)).length === 0) none(service)
      return change(request, { deleted: true })
    },

    'GET /services/{name}/routing/revisions': async ({ params }) => {
      const revisions = await rules.revisions(serviceOf({ params }))
      return { body: { items: revisions.map(revisionOf) } }
    },

    'POST /services/{name}/routing/revert': async (request) => {
      const service = serviceOf(request)
      const { revision } = request.body
      const kept = (await rules.revisions(service)).find((one) => one.revision === revision)
      if (kept) return change(request, contentOf(kept))
      throw new Failure('NotFound', `Revision ${revision} of '${service}' is not kept.`)
    },
  }
}

/** @throws `InvalidInput` for what is no service's name */
export function serviceOf({ params }: Pick<Request, 'params'>): string {
  const service = params.name ?? ''
  const [problem] = findRefProblems({ service, id: 'any' })
  if (!problem) return service
  throw new Failure('InvalidInput', 'A service cannot be called so.', {
    errors: [{ pointer: '/path/name', detail: problem.detail }],
  })
}

function none(service: string): never {
  throw new Failure('NotFound', `'${service}' has no routing rules: defaults hold.`)
}

function answerOf(service: string, rules: RoutingRules): ActionAnswer {
  const body = { service, ...writeRules(rules) } as RulesAnswer
  return { body, headers: { etag: entityTag(rules) } }
}

function revisionOf(rules: RoutingRules): RevisionAnswer {
  const { deleted, ...content } = contentOf(rules)
  return {
    revision: rules.revision,
    changed_at: rules.changedAt ?? null,
    changed_by: rules.changedBy ?? null,
    deleted: deleted === true,
    rules: writeRules(content),
  }
}
