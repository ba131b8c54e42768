import * as z from 'zod'

/** What `spill-drain` reads from its environment. */
export const env = z.object({
  /** `postgres://...`, `kafka://...`, `kafkas://...` or `msk:...`: docs/reference/connections.md. */
  EVENT_LOG_URL: z.string().min(1),
  /** The spill whose messages it is given: `sqs:<queue URL>?bucket=<name>` or `file:///folder`. */
  SPILL_URL: z.string().min(1),
})

export type Env = z.infer<typeof env>
