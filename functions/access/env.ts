import * as z from 'zod'

/** Where keys and sources are kept and published, and the key that seals sources' secrets. */
export const env = z.object({
  DATABASE_URL: z.string().min(1),
  ACCESS_SNAPSHOT_URL: z.string().min(1),
  SOURCE_SECRETS_KEY: z.string().min(1),
})
export type Env = z.infer<typeof env>
