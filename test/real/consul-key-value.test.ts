import { describe, it } from 'vitest'
import { consulKeyValue } from '#shared/adapters/consul/key-value.ts'
import { keyValueContract } from '#test/contract/key-value.contract.ts'
import { consulUnderTest } from '#test/support/consul.ts'

describe('the key-value in Consul', () => {
  const settings = consulUnderTest()
  if (!settings) {
    it.skip('is not run: CONSUL_HTTP_ADDR is not set', () => undefined)
    return
  }
  keyValueContract(async () => consulKeyValue(settings))
})
