import * as z from 'zod'

/** Where rules are kept, services are found, changes are told, and keys are published. */
export const env = z.object({
  DISCOVERY_URL: z.string().min(1),
  CATALOG_URL: z.string().min(1),
  EVENT_LOG_URL: z.string().min(1),
  ACCESS_SNAPSHOT_URL: z.string().min(1),
  /** Where issuers' key sets may lie. Empty: public addresses alone. */
  UPSTREAM_NETWORKS: z.string().default(''),
})
export type Env = z.infer<typeof env>
