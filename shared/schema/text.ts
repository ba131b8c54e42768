import * as z from 'zod'
import { parseTime } from '../domain/time.ts'

const MAX_TEXT = 1_024

/** A text that PostgreSQL can hold: its `text` knows no NUL. Characters at most. */
export const text = (max = MAX_TEXT) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !value.includes('\0'), 'must not hold a NUL character')

/** An RFC 3339 date-time, read as a `Date`: to the millisecond, downwards. */
export const instant = z
  .string()
  .refine((value) => parseTime(value) !== undefined, 'must be an RFC 3339 date-time')
  .transform((value) => new Date(Math.floor((parseTime(value) ?? 0) / 1_000)))
  .meta({ format: 'date-time' })

/** An RFC 3339 date-time as every answer writes it: UTC with milliseconds. */
export const time = z.string().meta({ format: 'date-time' })
