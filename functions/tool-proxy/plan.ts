import type { LearnedOperation } from '#shared/domain/catalog/learned-operation.ts'
import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { ListedInstance } from '#shared/domain/discovery/instance.ts'
import { readDeadline } from '#shared/domain/proxy/deadline.ts'
import { isIdempotent } from '#shared/domain/resilience/retry.ts'
import type { RetryRules } from '#shared/domain/resilience/rules.ts'
import { hedgeDelayOf, type Patience, patienceOf } from '#shared/domain/resilience/timeout.ts'
import type { ProxyDependencies } from './dependencies.ts'
import type { Passage } from './passage.ts'
import type { RequestBody } from './request-body.ts'
import { learnedKey, serviceRules } from './service-rules.ts'

/** How a call is brought to an instance: what may be tried, and for how long. */
export type Plan = Readonly<{
  catalog: ServiceCatalog
  candidates: readonly ListedInstance[]
  idempotent: boolean
  /** Whether the request can be sent more than once. */
  replayable: boolean
  retry: RetryRules
  patience: Patience
  /** When patience ends, ms of `performance.now()`. */
  until: number
  /** After how long a second instance is asked; undefined: never. ms */
  hedgeMs: number | undefined
}>

export function planCall(
  { nowMs }: ProxyDependencies,
  passage: Passage,
  catalog: ServiceCatalog,
  candidates: readonly ListedInstance[],
  { content }: RequestBody,
): Plan {
  const { call, head, rule, operation, route } = passage
  const { retry, learned: all } = serviceRules(catalog)
  const now = nowMs()
  const learned: LearnedOperation | undefined =
    all.size === 0 ? undefined : all.get(learnedKey({ version: route.version ?? '', operation }))
  const patience = patienceOf({
    nowMs: now,
    learned,
    rules: catalog.rules?.timeout,
    operationMs: rule?.timeoutMs,
    deadline: readDeadline(head.values['x-deadline']),
  })
  const replayable = content === undefined || content instanceof Uint8Array
  const idempotent = isIdempotent(call.method, rule, head.values['idempotency-key'] !== undefined)
  return {
    ...{ catalog, candidates, idempotent, replayable, retry, patience },
    until: performance.now() + patience.totalMs,
    hedgeMs: retry.hedge && idempotent && replayable ? hedgeDelayOf(learned, now) : undefined,
  }
}
