import * as z from 'zod'

/** Where keys, roles and sources are kept and published, and the key that seals sources' secrets. */
export const env = z.object({
  DATABASE_URL: z.string().min(1),
  /** Where changes and refusals are told. */
  EVENT_LOG_URL: z.string().min(1),
  ACCESS_SNAPSHOT_URL: z.string().min(1),
  SOURCE_SECRETS_KEY: z.string().min(1),
  /** CIDR blocks that token issuers' key sets may lie in beside public addresses. */
  UPSTREAM_NETWORKS: z.string().default(''),
})
export type Env = z.infer<typeof env>
