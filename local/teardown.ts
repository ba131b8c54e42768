type Step = Readonly<{ stop: () => Promise<void>; force: (() => void) | undefined }>

/** What was started and has to be stopped, the last first. */
export type Teardown = Readonly<{
  /** Remembers how to stop something; `force` is for what would outlive this process. */
  add(stop: () => Promise<void>, force?: () => void): void
  /** @throws `AggregateError` of what could not be stopped, when everything else is. */
  stop(): Promise<void>
  /** Ends what would outlive this process, at once. */
  force(): void
}>

/** A teardown with nothing to stop yet. */
export function teardown(): Teardown {
  const steps: Step[] = []
  return {
    add(stop, force) {
      steps.push({ stop, force })
    },
    async stop() {
      const problems: unknown[] = []
      for (let step = steps.at(-1); step; step = steps.at(-1)) {
        // What can't be stopped must not keep the rest from it.
        await step.stop().catch((error: unknown) => problems.push(error))
        steps.pop()
      }
      if (problems.length > 0) throw new AggregateError(problems, problems.map(String).join('; '))
    },
    force() {
      for (const { force } of steps) force?.()
    },
  }
}
