import * as z from 'zod'

/** Where it reads: the database's reader endpoint and the published keys. */
export const env = z.object({
  DATABASE_READER_URL: z.string().min(1),
  /** Where refusals are told. */
  EVENT_LOG_URL: z.string().min(1),
  ACCESS_SNAPSHOT_URL: z.string().min(1),
  /** CIDR blocks that token issuers' key sets may lie in beside public addresses. */
  UPSTREAM_NETWORKS: z.string().default(''),
})
export type Env = z.infer<typeof env>
