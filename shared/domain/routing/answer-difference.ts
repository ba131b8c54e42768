import { readJson } from '../json/strict.ts'
import { rawHeader, readHeaders } from './document-headers.ts'
import { type JsonDifference, jsonDifferences } from './json-difference.ts'
import type { TransformAnswer } from './transform-message.ts'

/** How two answers to one request differ: names, types and statuses, never what they hold. */
export type AnswerDifference = Readonly<{
  /** Which parts do; none: the answers agree. */
  aspects: readonly ('status' | 'headers' | 'schema' | 'values')[]
  statuses: readonly [number, number]
  /** Names of headers that one has and the other has not, or with another value. */
  headers: readonly string[]
  body: readonly JsonDifference[]
}>

/** Other with each answer, or said of the bytes. */
const VOLATILE = new Set(
  'age cache-control date etag expires last-modified server x-request-id x-correlation-id'.split(
    ' ',
  ),
)
const MOST_HEADERS = 20

/** Compares two answers. A body that is JSON in both is compared by places, any other by its bytes. */
export function answerDifference(a: TransformAnswer, b: TransformAnswer): AnswerDifference {
  const headers = headerDifferences(a, b)
  const body = bodyDifferences(a, b)
  const isValue = ({ kind }: JsonDifference) => kind === 'value'
  const found = {
    status: a.status !== b.status,
    headers: headers.length > 0,
    schema: body.some((one) => !isValue(one)),
    values: body.some(isValue),
  }
  const aspects = (Object.keys(found) as (keyof typeof found)[]).filter((name) => found[name])
  return { aspects, statuses: [a.status, b.status], headers, body }
}

function headerDifferences(a: TransformAnswer, b: TransformAnswer): readonly string[] {
  const [inA, inB] = [readHeaders(a.rawHeaders), readHeaders(b.rawHeaders)]
  return [...new Set([...Object.keys(inA), ...Object.keys(inB)])]
    .filter((name) => !VOLATILE.has(name) && inA[name] !== inB[name])
    .sort()
    .slice(0, MOST_HEADERS)
}

function bodyDifferences(a: TransformAnswer, b: TransformAnswer): readonly JsonDifference[] {
  const [first, second] = [jsonOf(a), jsonOf(b)]
  if (first && second) return jsonDifferences(first.value, second.value)
  if (first || second) return [{ pointer: '', kind: 'type' }]
  return Buffer.compare(a.body, b.body) === 0 ? [] : [{ pointer: '', kind: 'value' }]
}

function jsonOf({ body, rawHeaders }: TransformAnswer): { value: unknown } | undefined {
  if (!/json/i.test(rawHeader(rawHeaders, 'content-type') ?? '')) return undefined
  const reading = readJson(body)
  return reading.ok ? { value: reading.value } : undefined
}
