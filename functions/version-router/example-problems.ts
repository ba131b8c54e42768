import { jsonDifferences } from '#shared/domain/routing/json-difference.ts'
import type { TransformExample, TransformStep } from '#shared/domain/routing/rules.ts'
import type { FieldProblem } from '#shared/errors.ts'
import type { Transformer } from '#shared/ports/transformer.ts'
import { tryMessages } from './try-messages.ts'

/** Of a message that a problem shows at most, characters. */
const LONGEST_SHOWN = 500

/** Which examples of steps do not hold: where, and what came out instead. */
export async function findExampleProblems(
  transformer: Transformer,
  steps: readonly TransformStep[],
): Promise<readonly FieldProblem[]> {
  const problems: FieldProblem[] = []
  for (const [at, step] of steps.entries()) {
    for (const [nr, example] of step.examples.entries()) {
      if (!step[example.direction]) continue
      const detail = await failureOf(transformer, step, example)
      if (detail) problems.push({ pointer: `/transforms/${at}/examples/${nr}`, detail })
    }
  }
  return problems
}

async function failureOf(
  transformer: Transformer,
  { operation, ...step }: TransformStep,
  { direction, input, output }: TransformExample,
): Promise<string | undefined> {
  // Its direction alone, and for whatever operation the example is written.
  const { request, response, ...ends } = step
  const own = direction === 'request' ? { request } : { response }
  const hops = [[{ ...ends, ...own } as TransformStep]]
  const method = operation?.split(' ')[0]
  const messages =
    direction === 'response'
      ? { response: input }
      : { request: { ...(method ? { method } : {}), ...(input as object) } }
  const tried = await tryMessages(transformer, { versions: [], hops }, messages)
  if (tried.type === 'failed') return tried.why
  const got = tried[direction] ?? {}
  const expected = output as Readonly<Record<string, unknown>>
  const wrong = Object.keys(expected).filter(
    (name) => jsonDifferences(expected[name], got[name]).length > 0,
  )
  if (wrong.length === 0) return undefined
  return wrong
    .map((name) => `${name}: expected ${shown(expected[name])}, got ${shown(got[name])}`)
    .join('; ')
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}...`
}
