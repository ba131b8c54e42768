import type { AccessStore } from '../../ports/access-store.ts'
import { postgresKeys } from './access-keys.ts'
import { postgresSources } from './access-sources.ts'
import type { Sql } from './connect.ts'

/** Keys and sources in the schema `access`. */
export function postgresAccessStore(sql: Sql): AccessStore {
  return { ...postgresKeys(sql), ...postgresSources(sql) }
}
