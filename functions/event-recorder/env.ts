import * as z from 'zod'

/** What `event-recorder` reads from its environment. */
export const env = z.object({
  /** PostgreSQL that takes writes. */
  DATABASE_URL: z.string().min(1),
  /** Where dead letters go: `postgres://...` or `kafka://host:port,host:port`. */
  EVENT_LOG_URL: z.string().min(1),
})

export type Env = z.infer<typeof env>
