import * as z from 'zod'

/** Where services are kept, the published keys, and the networks that services may stand in. */
export const env = z.object({
  DISCOVERY_URL: z.string().min(1),
  /** Where resets of circuits are told. */
  EVENT_LOG_URL: z.string().min(1),
  ACCESS_SNAPSHOT_URL: z.string().min(1),
  /** Empty: public addresses alone. */
  UPSTREAM_NETWORKS: z.string().default(''),
})
export type Env = z.infer<typeof env>
