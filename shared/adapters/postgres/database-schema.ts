import type { DatabaseSchema } from '../../ports/database-schema.ts'
import { admitRole } from './application-role.ts'
import type { Sql } from './connect.ts'
import { migrate } from './migrate.ts'

type Options = Readonly<{
  /** Whom functions connect as; none where they connect as the owner. */
  applicationRole?: string | undefined
  /** Told in words what goes on. */
  report?: (progress: string) => void
}>

/** The schema of a database to which `sql` connects as its owner. */
export function postgresDatabaseSchema(
  sql: Sql,
  { applicationRole, ...options }: Options = {},
): DatabaseSchema {
  return {
    migrate: (goal) => migrate(sql, { ...goal, ...options }),
    async admitFunctions() {
      if (applicationRole) await admitRole(sql, applicationRole)
    },
  }
}
