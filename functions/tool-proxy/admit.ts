import { decideAccess } from '#shared/domain/access-decision.ts'
import { captureRulesOf } from '#shared/domain/calls/capture-rules.ts'
import { declaredOperation, operationOf } from '#shared/domain/calls/operation.ts'
import type { OperationNames } from '#shared/domain/calls/operation-names.ts'
import { type Refusal, refusal } from '#shared/domain/proxy/refusal.ts'
import { Failure } from '#shared/errors.ts'
import type { CatalogEntry } from '#shared/ports/catalog.ts'
import type { ProxyDependencies } from './dependencies.ts'
import type { Passage } from './passage.ts'

type Admitted = Readonly<{ type: 'admitted'; entry: CatalogEntry }>

/** Finds out who calls what, and whether he may: by who he is, his roles, and how often he called. */
export async function admit(
  dependencies: ProxyDependencies,
  names: OperationNames,
  passage: Passage,
): Promise<Admitted | Refusal> {
  const { snapshots, catalog } = dependencies
  const unknown = await identify(dependencies, passage)
  if (unknown) return unknown
  const { service } = passage.target
  const found = catalog.find(service)
  const entry = found instanceof Promise ? await found : found
  nameOperation(names, passage, entry)
  const denied = decide(dependencies, await snapshots.current(), passage)
  if (denied) return denied
  if (!entry) {
    return refusal('no-service', `No instance of a service '${service}' is known.`, {
      retryAfterS: 1,
    })
  }
  const limited = limit(dependencies, passage, entry)
  const refused = limited instanceof Promise ? await limited : limited
  return refused ?? { type: 'admitted', entry }
}

async function identify(
  { callers }: ProxyDependencies,
  passage: Passage,
): Promise<Refusal | undefined> {
  const { call, head } = passage
  const { certificate, certificatePem } = call.peer
  try {
    const { principal, credential } = await callers.identify({
      authorization: head.values.authorization,
      apiKey: head.values['x-api-key'],
      certificate,
      certificatePem,
    })
    passage.principal = principal
    passage.credential = credential
    return undefined
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'Unauthenticated') throw error
    const headers = Object.entries(error.headers).flat()
    return refusal('unauthenticated', error.message, { headers })
  }
}

/** Decisions look at the path as an instance reads it; see `ProxyTarget.judged`. */
function nameOperation(
  names: OperationNames,
  passage: Passage,
  entry: CatalogEntry | undefined,
): void {
  const { target, call, route } = passage
  const rules = entry?.catalog.rules
  const rule = declaredOperation(call.method, target.judged, rules?.operations)
  passage.rule = rule
  passage.operation = rule
    ? `${rule.method} ${rule.path}`
    : names.admit(target.service, operationOf(call.method, target.judged))
  passage.capture = captureRulesOf(rules, passage.operation)
  route.revision = rules?.revision ?? 0
  if (!entry?.stale) return
  route.stale = true
  passage.own.push('X-Bridge-Stale', 'catalog')
}

function decide(
  { audit }: ProxyDependencies,
  snapshot: Parameters<typeof decideAccess>[0],
  { principal, target, rule }: Passage,
): Refusal | undefined {
  if (!principal) throw new Error('nobody was identified')
  const { service } = target
  const wish = { action: 'call', service, capability: rule?.capability } as const
  const decision = decideAccess(snapshot, principal, wish)
  if (decision.type === 'allowed') return undefined
  const { missing, held } = decision
  void audit.denied({ principal, wish, missing })
  const needed = missing.capabilities.join(', ')
  const detail =
    needed === '*'
      ? `None of your roles grants every capability of '${service}', which this operation takes: it declares none.`
      : `None of your roles grants the capability '${needed}' of '${service}'.`
  return refusal('forbidden', detail, { members: { missing, held } })
}

function limit(
  { limits }: ProxyDependencies,
  passage: Passage,
  { catalog }: CatalogEntry,
): Refusal | undefined | Promise<Refusal | undefined> {
  const rules = catalog.rules?.rateLimit
  if (!limits || !rules || !passage.principal) return undefined
  const taken = limits.take(passage.principal.id, passage.target.service, rules)
  return taken instanceof Promise
    ? taken.then((each) => judge(passage, each))
    : judge(passage, taken)
}

function judge(
  passage: Passage,
  {
    allowed,
    headers,
    retryAfterS,
  }: Readonly<{ allowed: boolean; headers: readonly string[]; retryAfterS: number }>,
): Refusal | undefined {
  passage.own.push(...headers)
  if (allowed) return undefined
  const detail = `The limit of calls to '${passage.target.service}' is reached.`
  return refusal('rate-limited', detail, {
    retryAfterS,
    members: { 'violated-policies': ['default'] },
  })
}
