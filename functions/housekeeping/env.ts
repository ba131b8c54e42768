import * as z from 'zod'

/** What `housekeeping` reads from its environment. */
export const env = z.object({
  /** PostgreSQL that takes writes. */
  DATABASE_URL: z.string().min(1),
  /** The event log; where it is a PostgreSQL, its old records are removed here. */
  EVENT_LOG_URL: z.string().min(1),
  /** The directory and key-value store of services. */
  DISCOVERY_URL: z.string().min(1),
  /** Where keys and sources are published: `file:///...` or `s3://bucket/key`. */
  ACCESS_SNAPSHOT_URL: z.string().min(1),
})

export type Env = z.infer<typeof env>
