import type { InputProblem } from '../discovery/instance-problems.ts'
import { defaultTimeoutRules } from '../resilience/rules.ts'
import { parseTime } from '../time.ts'
import type { RoutingRules, TransformStep } from './rules.ts'

/** Rules with their examples; each revision that is kept is as large. bytes of JSON */
export const RULES_LIMIT_BYTES = 131_072

/** What is wrong with rules whose parts are right each; pointers as the API writes the rules. */
export function findRulesProblems(rules: RoutingRules): readonly InputProblem[] {
  return [
    ...weightProblems(rules),
    ...(rules.transforms ?? []).flatMap(stepProblems),
    ...twice(rules.transforms, '/transforms', ({ from, to, operation }) => [from, to, operation]),
    ...deprecationProblems(rules),
    ...twice(rules.operations, '/operations', ({ method, path }) => [method, path]),
    ...timeoutProblems(rules),
    ...sizeProblems(rules),
  ]
}

function weightProblems({ weights, rollback }: RoutingRules): InputProblem[] {
  const problems = twice(weights, '/weights', ({ range }) => [range])
  if (weights && weights.length > 0 && weights.every(({ weight }) => weight === 0)) {
    problems.push({ pointer: '/weights', detail: 'one weight must be above 0' })
  }
  if (rollback && !weights?.some(({ range }) => range === rollback.range)) {
    problems.push({ pointer: '/rollback/range', detail: 'must be a range of weights' })
  }
  return problems
}

function stepProblems(step: TransformStep, at: number): InputProblem[] {
  const pointer = `/transforms/${at}`
  const problems: InputProblem[] = []
  if (step.from === step.to) {
    problems.push({ pointer: `${pointer}/to`, detail: 'must be another range than from' })
  }
  if (!step.request && !step.response) {
    problems.push({ pointer, detail: 'must have a request or a response' })
  }
  for (const direction of ['request', 'response'] as const) {
    const hasExample = step.examples.some((example) => example.direction === direction)
    if (step[direction] && !hasExample) {
      const detail = `must have an example with the direction ${direction}`
      problems.push({ pointer: `${pointer}/examples`, detail })
    }
  }
  for (const [nr, { direction }] of step.examples.entries()) {
    if (step[direction]) continue
    const detail = `the step has no ${direction}`
    problems.push({ pointer: `${pointer}/examples/${nr}/direction`, detail })
  }
  return problems
}

function deprecationProblems({ deprecations = [] }: RoutingRules): InputProblem[] {
  return deprecations.flatMap(({ deprecatedAt, sunsetAt }, at) => {
    if (!deprecatedAt && !sunsetAt) {
      return [{ pointer: `/deprecations/${at}`, detail: 'must have deprecated_at or sunset_at' }]
    }
    // RFC 9745, section 4.
    if (deprecatedAt && sunsetAt && (parseTime(sunsetAt) ?? 0) < (parseTime(deprecatedAt) ?? 0)) {
      const detail = 'must not be before deprecated_at'
      return [{ pointer: `/deprecations/${at}/sunset_at`, detail }]
    }
    return []
  })
}

function timeoutProblems({ timeout }: RoutingRules): InputProblem[] {
  const { minMs, defaultMs, maxMs } = { ...defaultTimeoutRules, ...timeout }
  if (minMs <= defaultMs && defaultMs <= maxMs) return []
  const detail = `must be min_ms <= default_ms <= max_ms, which is ${minMs}, ${defaultMs}, ${maxMs}`
  return [{ pointer: '/timeout', detail }]
}

function sizeProblems(rules: RoutingRules): InputProblem[] {
  const bytes = new TextEncoder().encode(JSON.stringify(rules)).byteLength
  if (bytes <= RULES_LIMIT_BYTES) return []
  return [{ pointer: '', detail: `has ${bytes} bytes; at most ${RULES_LIMIT_BYTES} are kept` }]
}

/** Entries that say the same as an earlier one. */
function twice<E>(
  entries: readonly E[] | undefined,
  pointer: string,
  identity: (entry: E) => readonly unknown[],
): InputProblem[] {
  const seen = new Set<string>()
  return (entries ?? []).flatMap((entry, at) => {
    const key = JSON.stringify(identity(entry))
    if (seen.has(key)) return [{ pointer: `${pointer}/${at}`, detail: 'is there twice' }]
    seen.add(key)
    return []
  })
}
