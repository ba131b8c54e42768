import * as z from 'zod'
import {
  type Graph,
  type Pattern,
  type Prediction,
  patternKinds,
  patternStates,
} from '#shared/ports/learned-patterns.ts'
import type { SessionDetail } from '#shared/ports/recorded-sessions.ts'
import { recordedEvent } from '#shared/schema/recorded-event.ts'
import { time } from '#shared/schema/text.ts'

const count = z.int().min(0)
const share = z.number().min(0).max(1)
const milliseconds = z.number()

export const session = z.object({
  id: z.string(),
  sources: z.array(z.string()).meta({ description: 'in order of first report' }),
  state: z
    .enum(['active', 'ended', 'lapsed'])
    .meta({ description: 'ended by an end event, lapsed by silence' }),
  started_at: time,
  last_seen_at: time,
  ended_at: time.nullable(),
  parent: z.string().nullable(),
  events: count,
  executions: count,
  errors: count,
})

const execution = z.object({
  operation: z.string(),
  source: z.string(),
  call_id: z.string().nullable(),
  started_at: time.nullable(),
  ended_at: time.nullable(),
  outcome: z.enum(['ok', 'error', 'cancelled']).nullable(),
  duration_ms: milliseconds.nullable(),
  before: z.string().nullable().meta({ description: "the opening event's id" }),
  after: z.string().nullable().meta({ description: "the closing event's id" }),
})

export const sessionDetail = session.extend({
  timeline: z.array(recordedEvent).meta({ description: 'by own time, the first 1,000' }),
  calls: z.array(execution),
}) satisfies z.ZodType<SessionDetail>

export const pattern = z.object({
  id: z.string(),
  kind: z.enum(patternKinds),
  subject: z.string().meta({ description: 'an operation, `A -> B`, or a sequence' }),
  source: z.string().nullable(),
  confidence: share,
  support: z.number().meta({ description: 'observations behind it' }),
  evidence: z.record(z.string(), z.unknown()),
  state: z.enum(patternStates),
  first_seen: time,
  last_seen: time,
}) satisfies z.ZodType<Pattern>

export const prediction = z.object({
  items: z.array(
    z.object({
      operation: z.string(),
      probability: share,
      confidence: share,
      support: z.number(),
    }),
  ),
  nothing_probability: share.meta({ description: 'that the session ends; all sum to 1' }),
  context_used: count.meta({ description: 'how many operations back' }),
  expected_wait_ms: z.object({ p50: milliseconds, p95: milliseconds }).nullable(),
}) satisfies z.ZodType<Prediction>

const operationMetrics = z.object({
  operation: z.string(),
  count,
  errors: count,
  p50_ms: milliseconds.nullable(),
  p90_ms: milliseconds.nullable(),
  p95_ms: milliseconds.nullable(),
  p99_ms: milliseconds.nullable(),
})

export const metrics = z.object({
  window: z.object({ from: time, to: time }),
  items: z.array(operationMetrics),
  next: z.null(),
})

export const graph = z.object({
  nodes: z.array(z.object({ operation: z.string(), count, starts: count, ends: count })),
  edges: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      count,
      p50_ms: milliseconds,
      p95_ms: milliseconds,
    }),
  ),
}) satisfies z.ZodType<Graph>

const trialSide = z.object({
  calls: count,
  failures: count,
  mean_ms: milliseconds.nullable().meta({ description: 'geometric mean of good answers' }),
})

export const compatibility = z.object({
  service: z.string(),
  operations: z.array(
    z.object({
      operation: z.string(),
      versions: z.array(
        z.object({
          version: z.string(),
          calls: count,
          failures: count,
          failure_share: share,
          p50_ms: milliseconds,
          p95_ms: milliseconds,
        }),
      ),
      pairs: z.array(
        z.object({
          from: z.string(),
          to: z.string(),
          answers: z
            .array(
              z.object({
                place: z.string().meta({ description: 'JSON pointer; `[]` for members of arrays' }),
                kind: z.enum([
                  'added',
                  'removed',
                  'type-changed',
                  'became-optional',
                  'became-required',
                ]),
                from: z.array(z.string()),
                to: z.array(z.string()),
              }),
            )
            .nullable()
            .meta({ description: 'null until ten answers of both were seen' }),
        }),
      ),
    }),
  ),
  trial: z
    .object({
      revision: z.int().meta({ description: 'of the routing rules' }),
      state: z.enum(['collecting', 'worse', 'as-good']),
      why: z.string(),
      canary: trialSide,
      baseline: trialSide,
    })
    .nullable()
    .meta({ description: "the newest canary's" }),
})

const lagItem = z.object({
  consumer: z.string(),
  topic: z.string(),
  partition: z.int(),
  position: z.int(),
  end: z.int(),
  lag: count,
  oldest_unread_ms: milliseconds.meta({ description: '0 where nothing is unread' }),
})

export const lag = z.object({ items: z.array(lagItem), next: z.null() })

export const liveness = z.object({ status: z.literal('pass') })

const status = z.enum(['pass', 'warn', 'fail'])

export const readiness = z.object({ status })

/** draft-inadarei-api-health-check-06, sections 3 and 4. */
export const health = z.object({
  status,
  version: z.string(),
  checks: z.record(
    z.string().meta({ description: '`part:measure`' }),
    z.array(
      z.object({
        componentType: z.enum(['datastore', 'component', 'system']),
        observedValue: z.number().exactOptional(),
        observedUnit: z.string().exactOptional(),
        status,
        time,
        output: z.string().exactOptional(),
      }),
    ),
  ),
})

export type HealthAnswer = z.infer<typeof health>
