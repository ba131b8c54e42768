import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { runSchedule } from '#local/triggers/schedule.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const schedule = { rule: 'Rule', functionName: 'watcher', everyMs: 60_000 }

/** A function whose runs take so long; answers when each was begun. */
function aFunction(timeoutMs: number, takesMs: number) {
  const begun: number[] = []
  const zero = Date.now()
  const notify = async () => {
    begun.push(Date.now() - zero)
    await new Promise((done) => setTimeout(done, takesMs))
    return { type: 'result', value: undefined } as const
  }
  return { begun, host: { notify, plan: { timeoutMs } } }
}

it('calls a function at each interval, and not while a run is not over', async () => {
  const { begun, host } = aFunction(55_000, 70_000)
  const stop = runSchedule(schedule, host, () => new Date())
  await vi.advanceTimersByTimeAsync(250_000)
  expect(begun).toEqual([60_000, 180_000])
  stop()
  await vi.advanceTimersByTimeAsync(250_000)
  expect(begun).toHaveLength(2)
})

it('calls one whose time is longer than its interval at once, and again when it has ended', async () => {
  const { begun, host } = aFunction(130_000, 124_000)
  const stop = runSchedule(schedule, host, () => new Date())
  await vi.advanceTimersByTimeAsync(250_000)
  expect(begun).toEqual([0, 124_250, 248_500])
  stop()
  await vi.advanceTimersByTimeAsync(250_000)
  expect(begun).toHaveLength(3)
})

it('does not call one that fails at once in a loop', async () => {
  const { begun, host } = aFunction(130_000, 0)
  const stop = runSchedule(schedule, host, () => new Date())
  await vi.advanceTimersByTimeAsync(1_100)
  expect(begun.length).toBeLessThanOrEqual(5)
  stop()
})
