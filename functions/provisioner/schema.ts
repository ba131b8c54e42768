import * as z from 'zod'

/** What can be done, in the order in which it is done. */
export const actions = ['migrations', 'topics', 'access'] as const

export type Action = (typeof actions)[number]

/**
 * What to do; nothing said means everything. `to` ends the migrations at a number, `0` for none, and
 * means the migrations alone.
 */
export const request = z
  .strictObject({
    /** The key to begin with where there is none: whoever calls keeps the key, we keep its digest. */
    firstKey: z
      .strictObject({
        id: z.string().regex(/^[0-9a-f]{12}$/, '12 hex digits'),
        digest: z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 of the key, hex'),
        name: z.string().min(1).max(128),
      })
      .exactOptional(),
    only: z.array(z.enum(actions)).min(1).exactOptional(),
    to: z.int().min(0).exactOptional(),
    /** Go back also where that loses data. */
    acceptLoss: z.boolean().default(false),
    /** Say what would be done, and do nothing. */
    dryRun: z.boolean().default(false),
  })
  .refine(
    ({ to, only }) => to === undefined || !only || only.every((one) => one === 'migrations'),
    {
      path: ['to'],
      message: 'goes with the migrations alone',
    },
  )

export type Request = z.infer<typeof request>

/** What was done, or would be; what is as it should be is left out. */
export const answer = z.object({
  migrations: z.array(z.object({ name: z.string(), direction: z.enum(['up', 'down']) })),
  topics: z.array(
    z.object({
      topic: z.string(),
      change: z.enum(['create', 'add-partitions', 'set-retention']),
    }),
  ),
  /**
   * `made`: the key sent is there, now or from an earlier call. `exists`: other keys are. `none`:
   * there is no key, and none was sent. `skipped`: not looked at.
   */
  firstKey: z.enum(['made', 'exists', 'none', 'skipped']),
})

export type Answer = z.infer<typeof answer>
