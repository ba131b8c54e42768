import type { Lag, LogBrowser } from '#shared/ports/log-browser.ts'
import type { MappingPlan } from '../template/mappings.ts'

/** Looks at how far the mappings are behind. */
export type LagReader = () => Promise<readonly Lag[]>

/** The lag of the mappings' groups alone: others may read the same topics. */
export function lagReader(browser: LogBrowser, mappings: readonly MappingPlan[]): LagReader {
  const groups = new Set(mappings.map(({ group }) => group))
  return async () => (await browser.lag(new Date())).filter(({ group }) => groups.has(group))
}

/** Lag in all and of each group that has some, for a log line. */
export function summedLag(lags: readonly Lag[]) {
  const behind = new Map<string, { lag: number; oldestUnreadMs: number }>()
  for (const { group, position, end, oldestUnreadMs } of lags) {
    if (end <= position) continue
    const sum = behind.get(group) ?? { lag: 0, oldestUnreadMs: 0 }
    behind.set(group, {
      lag: sum.lag + end - position,
      oldestUnreadMs: Math.max(sum.oldestUnreadMs, oldestUnreadMs),
    })
  }
  const sums = [...behind.values()]
  return {
    lag: sums.reduce((all, { lag }) => all + lag, 0),
    oldestUnreadMs: Math.max(0, ...sums.map(({ oldestUnreadMs }) => oldestUnreadMs)),
    groups: Object.fromEntries(behind),
  }
}

/** A partition's lag as `GET /lag` of the API shows it. */
export const lagItem = ({ group, topic, partition, position, end, oldestUnreadMs }: Lag) => ({
  consumer: group,
  topic,
  partition,
  position,
  end,
  lag: end - position,
  oldest_unread_ms: oldestUnreadMs,
})
