import * as z from 'zod'
import { patternKinds, patternStates } from '#shared/ports/learned-patterns.ts'
import { eventFilter } from '#shared/schema/event-filter.ts'
import { pageQuery } from '#shared/schema/list.ts'
import { instant, text } from '#shared/schema/text.ts'

const source = text().exactOptional()

export const eventsQuery = eventFilter.extend(pageQuery.shape)

export const eventQuery = z.strictObject({ source })

export const sessionsQuery = pageQuery.extend({
  state: z.enum(['active', 'ended', 'lapsed']).exactOptional(),
  source,
})

export const patternsQuery = pageQuery.extend({
  kind: z.enum(patternKinds).exactOptional(),
  min_confidence: z.coerce.number().min(0).max(1).exactOptional(),
  state: z.enum(patternStates).exactOptional(),
  subject: text().exactOptional(),
  source: source.meta({ description: "that source's own patterns; else those of whole sessions" }),
})

export const sessionPredictionQuery = z.strictObject({ session: text(), source })

const MAX_SEQUENCE = 1_000

/** A sequence of operations, oldest first. */
export const sequenceBody = z.strictObject({
  sequence: z.array(text()).max(MAX_SEQUENCE),
  source,
})

/** Two versions to compare; without them each with the next. */
export const compatibilityQuery = z.strictObject({
  from: text(128).exactOptional(),
  to: text(128).exactOptional(),
})

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const
const MAX_WINDOW_MS = 31 * 86_400_000

/** A length of time such as `15m`, `1h` or `7d`, read as ms. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,6}[smhd]$/, 'must be a number and s, m, h or d')
  .transform((value) => {
    const unit = value.slice(-1) as keyof typeof SECONDS
    return Number(value.slice(0, -1)) * SECONDS[unit] * 1_000
  })
  .refine((ms) => ms <= MAX_WINDOW_MS, 'must be at most 31 days')

export const metricsQuery = z
  .strictObject({
    window: duration.default(3_600_000).meta({ description: 'how far back from `to`; 1h' }),
    from: instant.exactOptional().meta({ description: 'instead of `window`' }),
    to: instant.exactOptional().meta({ description: 'now when left out' }),
    source,
  })
  .refine(({ from, to }) => !(from && to && from >= to), {
    path: ['from'],
    message: 'must lie before `to`',
  })

export const graphQuery = z.strictObject({ source })
