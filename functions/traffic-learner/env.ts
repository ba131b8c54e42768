import * as z from 'zod'

/** What `traffic-learner` reads from its environment. */
export const env = z.object({
  /** PostgreSQL that takes writes. */
  DATABASE_URL: z.string().min(1),
  /** Where events of its own go: a rollback. */
  EVENT_LOG_URL: z.string().min(1),
  /** Where what was learned is left for the proxy, and rules are changed by a rollback. */
  DISCOVERY_URL: z.string().min(1),
})

export type Env = z.infer<typeof env>
