import type { Expression } from 'jsonata'
import { TransformProblem } from '../../domain/routing/transform-message.ts'
import { distinct, pad } from './own-functions.ts'

/**
 * Parts of an expression that are evaluated for one message, each time again: about a tenth of a second.
 * They are counted and not timed, for a busy machine would fail what another one takes.
 */
const MOST_STEPS = 100_000
/** Whatever the steps are, ms. */
const TIMEOUT_MS = 2_000
/** Calls inside each other. */
const MOST_STACK = 200
/** Items of a sequence. */
const MOST_ITEMS = 50_000
/** Expressions that are kept compiled. */
const MOST_KEPT = 256

/** Runs JSONata expressions within bounds; each is compiled once. */
export function jsonataRunner() {
  const kept = new Map<string, Promise<Expression>>()

  function compiled(text: string): Promise<Expression> {
    const known = kept.get(text)
    if (known !== undefined) return known
    const [oldest] = kept.keys()
    if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest)
    const expression = compile(text)
    kept.set(text, expression)
    return expression
  }

  /** @throws JSONata's own error, whose message may hold words of the input. */
  return async (text: string, input: unknown): Promise<unknown> => {
    const expression = await compiled(text)
    return expression.evaluate(input)
  }
}

/** The library is loaded by the first call that needs it: no cold start pays for it. */
async function compile(text: string): Promise<Expression> {
  const { default: jsonata } = await import('jsonata')
  const options = { timeout: TIMEOUT_MS, stack: MOST_STACK, sequence: MOST_ITEMS }
  const expression = jsonata(text, options)
  refuseRegexes(expression.ast())
  // It would run words of the message.
  expression.assign('eval', undefined)
  expression.registerFunction('pad', pad, '<s-ns?:s>')
  expression.registerFunction('distinct', distinct, '<x:x>')
  countSteps(expression)
  return expression
}

/** What JSONata calls before each step, where it is set; `base` is one evaluation's own. */
const BEFORE_STEP = Symbol.for('jsonata.__evaluate_entry') as unknown as string

function countSteps(expression: Expression): void {
  const steps = new WeakMap<object, number>()
  expression.assign(BEFORE_STEP, (_: unknown, __: unknown, { base }: { base: object }) => {
    const count = (steps.get(base) ?? 0) + 1
    steps.set(base, count)
    if (count > MOST_STEPS) throw new TransformProblem(`it takes more than ${MOST_STEPS} steps`)
  })
}

/** One regular expression can take for ever in a single step, which no time limit interrupts. */
function refuseRegexes(node: unknown): void {
  if (typeof node !== 'object' || node === null || node instanceof RegExp) return
  if ('type' in node && node.type === 'regex') {
    throw new TransformProblem(
      'regular expressions are not taken: $contains, $split and $replace take texts',
    )
  }
  for (const part of Object.values(node)) refuseRegexes(part)
}
