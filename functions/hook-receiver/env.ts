// The small build of zod: this function's cold start is what a sender waits for.
import * as z from 'zod/mini'

const text = z.string().check(z.minLength(1))

/** What `hook-receiver` reads from its environment. */
export const env = z.object({
  /** `postgres://...`, `kafka://...`, `kafkas://...` or `msk:...`: docs/reference/connections.md. */
  EVENT_LOG_URL: text,
  /** Where events go while the log does not take them: `sqs:<queue URL>`, `file:///folder`, or nowhere. */
  SPILL_URL: z._default(z.string(), ''),
  /** Where `access` publishes keys and sources: `file:///...` or `s3://bucket/key`. */
  ACCESS_SNAPSHOT_URL: text,
  /** Opens the signing secrets of sources: 32 bytes, base64, or `secret:<ARN>` of them. */
  SOURCE_SECRETS_KEY: text,
  /** CIDR blocks that token issuers' key sets may lie in beside public addresses. */
  UPSTREAM_NETWORKS: z._default(z.string(), ''),
})

export type Env = z.infer<typeof env>
