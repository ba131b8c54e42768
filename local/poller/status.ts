import type { Outcome } from '../lambda/outcome.ts'

/** How a poller is: which mappings read, which functions answer. */
export type PollerStatus = Readonly<{
  /** A mapping has joined its group. */
  reading(group: string): void
  /** What became of an invocation; answers whether that is news: `down`, `up` or nothing. */
  heard(functionName: string, outcome: Outcome): 'down' | 'up' | undefined
  read(): Readonly<{
    status: 'pass' | 'warn' | 'fail'
    mappings: number
    waiting: readonly string[]
    unreachable: readonly string[]
  }>
}>

export function pollerStatus(groups: readonly string[]): PollerStatus {
  const waiting = new Set(groups)
  const unreachable = new Set<string>()
  return {
    reading: (group) => waiting.delete(group),
    heard(functionName, outcome) {
      if (outcome.type === 'unreachable') {
        if (unreachable.has(functionName)) return undefined
        unreachable.add(functionName)
        return 'down'
      }
      return unreachable.delete(functionName) ? 'up' : undefined
    },
    read: () => ({
      // Records wait safely on the log for a function that is away: this process can do its work.
      status: waiting.size > 0 ? 'fail' : unreachable.size > 0 ? 'warn' : 'pass',
      mappings: groups.length,
      waiting: [...waiting],
      unreachable: [...unreachable],
    }),
  }
}
