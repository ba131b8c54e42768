import * as z from 'zod'

/** What `service-watcher` reads from its environment. */
export const env = z.object({
  /** The directory, key-value store and locks: `postgres://...` or `consul://host:port?...`. */
  DISCOVERY_URL: z.string().min(1),
  /** The folder that the catalog is published to: `file:///folder/` or `s3://bucket/prefix/`. */
  CATALOG_URL: z.string().min(1),
  /** Where events of services go. */
  EVENT_LOG_URL: z.string().min(1),
  /** CIDR blocks that instances may be asked in, by commas; empty: every public address. */
  UPSTREAM_NETWORKS: z.string().default(''),
})

export type Env = z.infer<typeof env>
