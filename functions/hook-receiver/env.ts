// The small build of zod: this function's cold start is what a sender waits for.
import * as z from 'zod/mini'

const text = z.string().check(z.minLength(1))

/** What `hook-receiver` reads from its environment. */
export const env = z.object({
  /** `postgres://...` or `kafka://host:port,host:port`. */
  EVENT_LOG_URL: text,
  /** Where `access` publishes keys and sources: `file:///...` or `s3://bucket/key`. */
  ACCESS_SNAPSHOT_URL: text,
  /** Opens the signing secrets of sources: 32 bytes, base64. */
  SOURCE_SECRETS_KEY: text,
})

export type Env = z.infer<typeof env>
