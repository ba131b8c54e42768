import { Failure } from '#shared/errors.ts'
import { errorFields, log } from '#shared/log.ts'

/** Something that has to happen as time goes by. Safe to run twice, and late. */
export type Chore = Readonly<{
  name: string
  /** What was done: how much, how much of each kind, or the names. */
  run(now: Date): Promise<Done>
}>

type Done = number | Readonly<Record<string, number>> | readonly string[]

function isNothing(done: Done): boolean {
  if (typeof done === 'number') return done === 0
  const parts = Object.values<number | string>(done)
  return parts.every((part) => part === 0)
}

type Dependencies = Readonly<{ chores: readonly Chore[]; now: () => Date }>

/**
 * Does every chore once; one that fails does not keep the others from being done.
 *
 * @throws `Unavailable` naming the chores that failed, when all have been tried.
 */
export const housekeeping =
  ({ chores, now }: Dependencies) =>
  async (): Promise<void> => {
    const failed: string[] = []
    for (const { name, run } of chores) {
      try {
        const done = await run(now())
        if (!isNothing(done))
          log('info', 'chore_done', { function: 'housekeeping', chore: name, done })
      } catch (error) {
        failed.push(name)
        log('error', 'chore_failed', {
          function: 'housekeeping',
          chore: name,
          ...errorFields(error),
        })
      }
    }
    if (failed.length > 0) throw new Failure('Unavailable', `not done: ${failed.join(', ')}`)
  }
