import { describe } from 'vitest'
import { memoryDirectory } from '#shared/adapters/memory/directory.ts'
import { memoryKeyValue } from '#shared/adapters/memory/key-value.ts'
import { postgresDirectory } from '#shared/adapters/postgres/directory.ts'
import { postgresKeyValue } from '#shared/adapters/postgres/key-value.ts'
import { freshDatabase } from '#test/support/database.ts'
import { serviceRegistryContract } from './service-registry.contract.ts'

describe('the service registry on a directory in memory', () => {
  serviceRegistryContract(async () => ({
    directory: memoryDirectory(),
    keyValue: memoryKeyValue(),
  }))
})

describe('the service registry on PostgreSQL', () => {
  serviceRegistryContract(async () => {
    const url = await freshDatabase()
    return { directory: postgresDirectory(url), keyValue: postgresKeyValue(url) }
  })
})
