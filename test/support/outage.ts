import { expect } from 'vitest'
import { allRecordedOnce, type Ledger, recordedIds } from './accepted.ts'
import type { HttpClient } from './http-client.ts'

/** So many hooks come in a second while something is away. */
export const PER_SECOND = 200

const ANSWER_WITHIN_MS = 5_000
/** So many of a thousand hooks get their 202 while a broker fails over. */
const ACCEPTED_SHARE = 0.999
const CATCH_UP_MS = 180_000

/** Waits until every accepted hook is recorded once, and says in numbers how it went. */
export async function expectNothingLost(
  client: HttpClient,
  what: string,
  ledger: Ledger,
): Promise<void> {
  try {
    await allRecordedOnce(client, [ledger], CATCH_UP_MS)
  } finally {
    const { accepted, statuses, slowestMs } = ledger
    const recorded = await recordedIds(client)
    const once = [...accepted].filter((id) => recorded.get(id) === 1).length
    process.stdout.write(
      `${what}: sent ${statuses.length}, accepted ${accepted.size}, recorded once ${once}, ` +
        `lost ${accepted.size - once}, slowest ${Math.round(slowestMs)} ms\n`,
    )
  }
}

/** What senders may expect of a failover: hardly any of them has to come again, and none waits long. */
export function expectAcceptedInTime({ accepted, statuses, slowestMs }: Ledger): void {
  expect(accepted.size / statuses.length).toBeGreaterThanOrEqual(ACCEPTED_SHARE)
  expect(slowestMs).toBeLessThan(ANSWER_WITHIN_MS)
}
