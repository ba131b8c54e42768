import { describe } from 'vitest'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresDirectory } from '#shared/adapters/postgres/directory.ts'
import { postgresHealthChecks } from '#shared/adapters/postgres/registry-checks.ts'
import { workOn } from '#test/support/check-worker.ts'
import { freshDatabase } from '#test/support/database.ts'
import { directoryContract } from './directory.contract.ts'
import { directoryRemovalContract } from './directory-removal.contract.ts'

describe('the directory in PostgreSQL', () => {
  directoryContract(async () => {
    const url = await freshDatabase()
    workOn(postgresHealthChecks(url))
    return postgresDirectory(url)
  })
})

describe('the directory in PostgreSQL, with time', () => {
  let elapse = async (_ms: number) => {}

  directoryRemovalContract(
    async () => {
      const url = await freshDatabase()
      const checks = postgresHealthChecks(url)
      const sql = connect(url, { applicationName: 'test' })
      // Time is the database's: it passes by everything that waits having waited longer.
      elapse = async (ms) => {
        await sql`
          update registry.instance set
            expires_at = expires_at - ${ms} * interval '1 ms',
            critical_since = critical_since - ${ms} * interval '1 ms'`
        await checks.sweep()
      }
      const directory = postgresDirectory(url)
      return {
        ...directory,
        close: async () => void (await Promise.all([directory.close(), checks.close(), sql.end()])),
      }
    },
    (ms) => elapse(ms),
  )
})
