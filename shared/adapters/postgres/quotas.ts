import { Failure } from '../../errors.ts'
import type { Quotas } from '../../ports/quotas.ts'
import { ask, type Sql } from './connect.ts'

/** A call waits for it: a slow answer is worth less than none. ms */
const ANSWER_WITHIN_MS = 250

/** Quotas in the table `limits.used`; one statement a lease. */
export function postgresQuotas(sql: Sql): Quotas {
  return {
    async lease({ subject, windowStart, windowMs, quota, wanted }) {
      const start = new Date(windowStart)
      const end = new Date(windowStart + windowMs)
      const asked = ask(sql<{ granted: number; used: number }[]>`
        insert into limits.used as u (subject, window_start, window_end, used, granted)
        values (${subject}, ${start}, ${end}, least(${wanted}::int, ${quota}::int),
          least(${wanted}::int, ${quota}::int))
        on conflict (subject, window_start, window_end) do update set
          used = greatest(u.used, least(u.used + ${wanted}::int, ${quota}::int)),
          granted = greatest(least(u.used + ${wanted}::int, ${quota}::int) - u.used, 0)
        returning granted, used`)
      const [row] = await within(ANSWER_WITHIN_MS, asked)
      const { granted = 0, used = quota } = row ?? {}
      return { granted, left: Math.max(quota - used, 0) }
    },
    close: () => sql.end({ timeout: 1 }),
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_done, fail) => {
    timer = setTimeout(() => fail(new Failure('Unavailable', `no quota within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Removes what was counted in windows that are over.
 *
 * @returns how many counts.
 * @throws `Unavailable`
 */
export async function forgetQuotas(sql: Sql, now: Date): Promise<number> {
  const { count } = await ask(sql`
    delete from limits.used where ctid = any(array(
      select ctid from limits.used where window_end < ${now} limit 50000))`)
  return count
}
