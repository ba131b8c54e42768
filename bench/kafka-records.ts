import { receiveHooks } from '#functions/hook-receiver/hook-receiver.ts'
import { arrivalClock } from '#shared/domain/events/arrival.ts'
import { digestOf } from '#shared/domain/keys.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import { callersOf, fixedSnapshots } from '#test/support/access.ts'
import { requestOf, WRITER } from '#test/support/intake.ts'
import { hookStream } from './hooks.ts'

/** The records that intake appends for a stream of single hooks, in the order of the hooks. */
export async function recordsOf(label: string, count: number): Promise<readonly NewRecord[]> {
  const records: NewRecord[] = []
  const snapshot = {
    version: 1,
    sources: [],
    keys: [{ id: '1', name: 'bench', digest: digestOf(WRITER), roles: ['writer'] }],
  }
  const nowMs = () => performance.timeOrigin + performance.now()
  const receive = receiveHooks({
    log: {
      append: async (given) => {
        records.push(...given)
        return []
      },
    },
    spill: undefined,
    access: fixedSnapshots(snapshot),
    callers: callersOf(snapshot),
    openSecret: (sealed) => sealed,
    now: () => new Date(),
    nowMs,
    arrival: arrivalClock(nowMs),
  })
  const hooks = hookStream(label)
  for (let at = 0; at < count; at++) await receive(requestOf({ body: hooks.next() }))
  return records
}
