import type { Actions } from '#shared/domain/http/action.ts'
import { refusalOf } from '#shared/domain/routing/refusal.ts'
import { readRules } from '#shared/domain/routing/rules-form.ts'
import { shortestPaths } from '#shared/domain/routing/transform-path.ts'
import { decideVersion } from '#shared/domain/routing/version-decision.ts'
import { meets } from '#shared/domain/routing/version-range.ts'
import { Failure } from '#shared/errors.ts'
import type { Catalog } from '#shared/ports/catalog.ts'
import type { Transformer } from '#shared/ports/transformer.ts'
import { serviceOf } from './routing.ts'
import type { RulesStore } from './rules-store.ts'
import type { Resolution, routes, Trial } from './schema.ts'
import { tryMessages } from './try-messages.ts'

type ResolveRoute = Extract<
  (typeof routes)[number],
  { path: '/services/{name}/resolve' | '/services/{name}/routing/test' }
>

export type ResolveDependencies = Readonly<{
  catalog: Pick<Catalog, 'find'>
  rules: Pick<RulesStore, 'find'>
  transformer: Transformer
  /** 0 (inclusive) to 1 (exclusive) */
  random: () => number
}>

/** What would become of a call, without making it. */
export const resolveActions = ({
  catalog,
  rules,
  transformer,
  random,
}: ResolveDependencies): Actions<ResolveRoute> => ({
  'GET /services/{name}/resolve': async ({ params, query }) => {
    const service = serviceOf({ params })
    const entry = await catalog.find(service)
    if (!entry) throw new Failure('NotFound', `There is no service '${service}'.`)
    const { version: acceptVersion, session: sessionId, pinned } = query
    const decision = decideVersion(entry.catalog, {
      ...{ acceptVersion, sessionId, pinned, random: random() },
    })
    if (decision.type === 'none' || decision.type === 'malformed') {
      const { kind, detail, members } = refusalOf(service, decision)
      throw new Failure(kind, detail, { members })
    }
    const answer: Resolution = {
      ...{ service, version: decision.version, why: decision.why },
      revision: entry.catalog.rules?.revision ?? 0,
      transformed: decision.type === 'transformed' ? [...decision.path.versions] : null,
      instances: decision.candidates.map((one) => ({
        ...{ id: one.id, address: one.address, port: one.port },
        ...{ version: one.version, protocol: one.protocol, health: one.health },
      })),
      headers: decision.headers.map(([name, value]) => ({ name, value })),
      stale: entry.stale,
    }
    return { body: answer }
  },

  'POST /services/{name}/routing/test': async ({ params, body }) => {
    const service = serviceOf({ params })
    const { from, to, transforms, request, response } = body
    const steps = transforms
      ? (readRules({ transforms }).transforms ?? [])
      : ((await rules.find(service))?.transforms ?? [])
    const [path] = shortestPaths(steps, from, (end) => meets(end, to))
    if (!path) throw unreachable(from, to)
    const tried = await tryMessages(transformer, path, { request, response })
    if (tried.type === 'failed') {
      throw new Failure('InvalidInput', 'The message could not be transformed.', {
        errors: [{ pointer: `/${tried.direction}`, detail: tried.why }],
      })
    }
    const { type, ...made } = tried
    return { body: { versions: [...path.versions], ...made } satisfies Trial }
  },
})

const unreachable = (from: string, to: string) =>
  new Failure('InvalidInput', 'No transforms lead there.', {
    errors: [{ pointer: '/to', detail: `no steps lead from ${from} to ${to}` }],
  })
