import * as z from 'zod'

/** Where it reads: the database's reader endpoint and the published keys. */
export const env = z.object({
  DATABASE_READER_URL: z.string().min(1),
  ACCESS_SNAPSHOT_URL: z.string().min(1),
})
export type Env = z.infer<typeof env>
