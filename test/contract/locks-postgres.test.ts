import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, describe, onTestFinished, vi } from 'vitest'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresLocks } from '#shared/adapters/postgres/locks.ts'
import { freshDatabase } from '#test/support/database.ts'
import { locksContract } from './locks.contract.ts'

const STEP_MS = 250

describe('locks in PostgreSQL', () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'performance'],
      shouldAdvanceTime: true,
    })
    onTestFinished(() => void vi.useRealTimers())
  })

  locksContract(async () => {
    const url = await freshDatabase()
    const sql = connect(url, { applicationName: 'test' })
    onTestFinished(() => sql.end())
    return {
      open: async () => postgresLocks(url),
      async takeAway(name) {
        await sql`
          update registry.lock
          set holder = null, free_from = clock_timestamp() + lock_delay_ms * interval '1 ms'
          where name = ${name}`
        await sql`select pg_notify('registry_lock', ${name})`
      },
      /** Time passes in the database and here, in steps in which both are heard. */
      async elapse(ms) {
        for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
          await sql`
            update registry.lock set free_from = free_from - ${STEP_MS} * interval '1 ms'`
          await vi.advanceTimersByTimeAsync(STEP_MS)
          await nextTurn()
        }
      },
    }
  })
})
