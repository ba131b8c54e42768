import * as z from 'zod'

/** Where calls go, who may make them, and where they are recorded. LocalStack drops what is empty. */
export const env = z.object({
  EVENT_LOG_URL: z.string().min(1),
  /** Where the published catalog of services lies. */
  CATALOG_URL: z.string().min(1),
  /** Broken circuits are shared through it. */
  DISCOVERY_URL: z.string().min(1),
  ACCESS_SNAPSHOT_URL: z.string().min(1),
  /** CIDR list that instances must lie in; empty: public addresses only. */
  UPSTREAM_NETWORKS: z.string().default(''),
  /** Instances of this zone are preferred; empty: none. */
  ZONE: z.string().default(''),
  /** Shares of rate limits; empty: each environment counts for itself. */
  DATABASE_URL: z.string().default(''),
})
export type Env = z.infer<typeof env>
