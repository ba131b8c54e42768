import * as z from 'zod'

/** What `pattern-processor` reads from its environment. */
export const env = z.object({
  /** PostgreSQL that takes writes. */
  DATABASE_URL: z.string().min(1),
})

export type Env = z.infer<typeof env>
