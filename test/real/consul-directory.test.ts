import { describe, it } from 'vitest'
import { consulDirectory } from '#shared/adapters/consul/directory.ts'
import { directoryContract } from '#test/contract/directory.contract.ts'
import { consulUnderTest } from '#test/support/consul.ts'

describe('the directory in Consul', () => {
  const settings = consulUnderTest()
  if (!settings) {
    it.skip('is not run: CONSUL_HTTP_ADDR is not set', () => undefined)
    return
  }
  directoryContract(async () => consulDirectory(settings))
})
