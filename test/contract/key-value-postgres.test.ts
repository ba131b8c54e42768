import { describe } from 'vitest'
import { postgresKeyValue } from '#shared/adapters/postgres/key-value.ts'
import { freshDatabase } from '#test/support/database.ts'
import { keyValueContract } from './key-value.contract.ts'

describe('keys and values in PostgreSQL', () => {
  keyValueContract(async () => postgresKeyValue(await freshDatabase()))
})
