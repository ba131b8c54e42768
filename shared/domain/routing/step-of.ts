import { declaredOperation } from '../calls/operation.ts'
import type { OperationRule, TransformStep } from './rules.ts'

type Declared = Readonly<{
  rules: readonly OperationRule[]
  steps: ReadonlyMap<string, TransformStep>
}>

const declaredOf = new WeakMap<readonly TransformStep[], Declared>()

/**
 * The step of a hop that a request takes: the one of its operation, else the one for all; undefined
 * where the hop declares only other operations, since this one is the same in both versions then.
 */
export function stepOf(
  hop: readonly TransformStep[],
  method: string,
  target: string,
): TransformStep | undefined {
  const { rules, steps } = declaredOf.get(hop) ?? declare(hop)
  const rule = declaredOperation(method, target, rules)
  const own = rule && steps.get(`${rule.method} ${rule.path}`)
  return own ?? hop.find(({ operation }) => operation === undefined)
}

function declare(hop: readonly TransformStep[]): Declared {
  const named = hop.flatMap((step) => {
    const [method, path] = step.operation?.split(' ') ?? []
    return method && path ? [{ step, rule: { method, path } }] : []
  })
  const declared = {
    rules: named.map(({ rule }) => rule),
    steps: new Map(named.map(({ step, rule }) => [`${rule.method} ${rule.path}`, step])),
  }
  declaredOf.set(hop, declared)
  return declared
}
