import * as z from 'zod'

/** What `provisioner` reads from its environment. */
export const env = z.object({
  /** PostgreSQL as the owner of the tables, whom nothing else connects as. */
  DATABASE_ADMIN_URL: z.string().min(1),
  /** The role that the other functions connect as; empty where they connect as the owner. */
  APPLICATION_ROLE: z
    .string()
    .regex(/^([a-z_][a-z0-9_]{0,62})?$/)
    .default(''),
  /** The event log whose topics are made. */
  EVENT_LOG_URL: z.string().min(1),
  /** Where keys and sources are published: `file:///...` or `s3://bucket/key`. */
  ACCESS_SNAPSHOT_URL: z.string().min(1),
})

export type Env = z.infer<typeof env>
