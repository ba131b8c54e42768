import type { FieldProblem } from '../errors.ts'
import { Failure } from '../errors.ts'

/** What a zod schema answers, as far as we read it. */
type Result =
  | { success: true; data: unknown }
  | { success: false; error: { issues: readonly Issue[] } }
type Issue = Readonly<{
  code?: string
  message: string
  path: readonly PropertyKey[]
  keys?: readonly string[]
}>

/** Part of a pointer (RFC 6901, section 3). */
const escapeSegment = (segment: PropertyKey): string =>
  String(segment).replaceAll('~', '~0').replaceAll('/', '~1')

/**
 * What a schema makes of an input.
 *
 * @param at JSON pointer of the input as a whole: '' for a body, `/query` for a query.
 * @throws `InvalidInput` naming every wrong place.
 */
export function validate(
  schema: { safeParse(input: unknown): unknown },
  input: unknown,
  at: string,
): unknown {
  const result = schema.safeParse(input) as Result
  if (result.success) return result.data
  throw new Failure('InvalidInput', 'The input is not valid; `errors` says where.', {
    errors: result.error.issues.flatMap((issue) => fieldProblems(issue, at)),
  })
}

function fieldProblems({ code, keys, message, path }: Issue, at: string): FieldProblem[] {
  const pointer = [at, ...path.map(escapeSegment)].join('/')
  if (code !== 'unrecognized_keys' || !keys) return [{ pointer, detail: message }]
  const kind = at === '/query' ? 'parameter' : 'member'
  return keys.map((key) => ({
    pointer: `${pointer}/${escapeSegment(key)}`,
    detail: `unknown ${kind}`,
  }))
}
