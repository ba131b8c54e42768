import * as z from 'zod'
import type { RecordedEvent } from '../ports/recorded-events.ts'
import { time } from './text.ts'

/** An event as it was recorded. */
export const recordedEvent = z.object({
  seq: z.int().meta({ description: 'order of recording' }),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  topic: z.string(),
  time,
  recorded_at: time,
  subject: z.string().nullable(),
  session: z.string().nullable(),
  operation: z.string(),
  phase: z.enum(['before', 'after', 'start', 'end', 'point']),
  outcome: z.enum(['ok', 'error', 'cancelled']).nullable(),
  duration_ms: z.number().nullable(),
  call_id: z.string().nullable(),
  correlation_id: z.string().nullable(),
  causation_id: z.string().nullable(),
  traceparent: z.string().nullable(),
  datacontenttype: z.string().nullable(),
  dataschema: z.string().nullable(),
  redacted: z.int().meta({ description: 'how many values redaction removed' }),
  extensions: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  data: z.unknown().optional(),
  data_base64: z.string().exactOptional(),
}) satisfies z.ZodType<RecordedEvent>
