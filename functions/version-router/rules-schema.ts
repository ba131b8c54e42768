import * as z from 'zod'
import { isRange, LATEST } from '#shared/domain/routing/version-range.ts'
import { parseTime } from '#shared/domain/time.ts'
import { text } from '#shared/schema/text.ts'

const DAY_MS = 86_400_000
/** Beyond API Gateway's 29 s, and enough for a listening proxy. */
const LONGEST_CALL_MS = 300_000
const LARGEST_ENTRY_BYTES = 16_777_216
const LARGEST_CAPTURE_BYTES = 131_072
const MOST_STEPS = 64
const MOST_OPERATIONS = 500

export const range = text(256)
  .refine(isRange, 'must be a range of Semantic Versioning')
  .meta({ description: 'a SemVer range as npm reads it: ^1.2, 1.x || >=2.1 <3, 1.4.0' })
const share = z.number().min(0).max(1)
const ms = (least: number, most: number) => z.int().min(least).max(most)
const instantText = z
  .string()
  .refine((value) => parseTime(value) !== undefined, 'must be an RFC 3339 date-time')
  .meta({ format: 'date-time' })
const link = z.url({ protocol: /^https?$/ }).max(1_024)
const METHOD = /^[A-Z][A-Z-]{0,19}$/
const PATH = /^\/[!-~]{0,511}$/

const weight = z.strictObject({
  range,
  weight: z.number().min(0).max(1_000_000).meta({ description: 'relative to the sum of all' }),
})

const transformation = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('jsonata'), expression: text(16_384) }),
    z.strictObject({
      kind: z.literal('json-patch'),
      operations: z
        .array(z.looseObject({ op: z.string(), path: z.string() }))
        .min(1)
        .max(100),
    }),
  ])
  .meta({
    description:
      'sees a request as { method, path, query, headers, body }, an answer as { status, headers, body }; what it gives replaces those members',
  })

const example = z.strictObject({
  direction: z.enum(['request', 'response']),
  input: z.record(z.string(), z.unknown()).meta({ description: 'a message, or some of it' }),
  output: z
    .record(z.string(), z.unknown())
    .meta({ description: 'the members of the message that come out, compared whole' }),
})

const transform = z.strictObject({
  from: range,
  to: range,
  operation: text(512)
    .refine(isOperation, "must be a method and a path: 'GET /invoices/{id}'")
    .exactOptional()
    .meta({ description: 'of from; left out: all that no other step of these ranges names' }),
  request: transformation.exactOptional(),
  response: transformation.exactOptional(),
  examples: z.array(example).max(20),
})

const deprecation = z.strictObject({
  range,
  deprecated_at: instantText.exactOptional(),
  sunset_at: instantText.exactOptional(),
  link: link.exactOptional().meta({ description: 'a page about both' }),
  successor: link.exactOptional().meta({ description: 'where the version after it is found' }),
})

const capture = z.enum(['full', 'metadata', 'off'])

const operation = z.strictObject({
  method: z.string().regex(METHOD, 'must be a method in upper case'),
  path: z.string().regex(PATH, 'must be a path such as /invoices/{id}'),
  capability: text(128).exactOptional().meta({ description: 'what a role must grant for it' }),
  idempotent: z.boolean().exactOptional().meta({ description: 'left out: as its method' }),
  timeout_ms: ms(1, LONGEST_CALL_MS).exactOptional(),
  capture: capture.exactOptional(),
})

/** What operators may decide about calls of a service; whatever is left out has its default. */
export const rulesInput = z.strictObject({
  weights: z.array(weight).max(32).exactOptional(),
  stickiness: z.enum(['none', 'session']).exactOptional().meta({
    description: 'session: version and instance; none: neither; left out: the version alone',
  }),
  default_version: z
    .union([z.literal(LATEST), range])
    .exactOptional()
    .meta({ description: 'for callers who ask for no version' }),
  transforms: z.array(transform).max(MOST_STEPS).exactOptional(),
  deprecations: z.array(deprecation).max(64).exactOptional(),
  operations: z.array(operation).max(MOST_OPERATIONS).exactOptional(),
  cache: z
    .strictObject({
      mode: z.enum(['off', 'shared', 'private']).exactOptional(),
      max_entry_bytes: z.int().min(1).max(LARGEST_ENTRY_BYTES).exactOptional(),
      stale_if_error_ms: ms(0, 7 * DAY_MS).exactOptional(),
    })
    .exactOptional(),
  retry: z
    .strictObject({
      attempts: z.int().min(1).max(10).exactOptional(),
      budget: share.exactOptional(),
      hedge: z.boolean().exactOptional(),
    })
    .exactOptional(),
  timeout: z
    .strictObject({
      default_ms: ms(1, LONGEST_CALL_MS).exactOptional(),
      min_ms: ms(1, LONGEST_CALL_MS).exactOptional(),
      max_ms: ms(1, LONGEST_CALL_MS).exactOptional(),
    })
    .exactOptional(),
  breaker: z
    .strictObject({
      model: z.enum(['consecutive', 'failure-rate']).exactOptional(),
      failures: z.int().min(1).max(1_000).exactOptional(),
      failure_rate: z.number().gt(0).max(1).exactOptional(),
      window_ms: ms(1_000, DAY_MS).exactOptional(),
      minimum_calls: z.int().min(1).max(1_000_000).exactOptional(),
      open_ms: ms(100, DAY_MS).exactOptional(),
      slow_ms: ms(0, LONGEST_CALL_MS).exactOptional(),
    })
    .exactOptional(),
  capture: z
    .strictObject({
      mode: capture.exactOptional(),
      max_body_bytes: z.int().min(0).max(LARGEST_CAPTURE_BYTES).exactOptional(),
    })
    .exactOptional(),
  rate_limit: z
    .strictObject({ requests: z.int().min(1).max(1_000_000_000), window_ms: ms(1_000, DAY_MS) })
    .exactOptional(),
  mirror: z
    .strictObject({ range, share })
    .exactOptional()
    .meta({ description: 'a copy of this share goes to the highest version in range' }),
  rollback: z
    .strictObject({
      range,
      false_alarm_rate: z.number().gt(0).lt(0.5),
      miss_rate: z.number().gt(0).lt(0.5),
      worse_by: z.number().gt(0).max(1),
    })
    .exactOptional()
    .meta({ description: 'takes the weight of a range away once it is worse beyond doubt' }),
})

function isOperation(operation: string): boolean {
  const [method = '', path = '', ...more] = operation.split(' ')
  return METHOD.test(method) && PATH.test(path) && more.length === 0
}
