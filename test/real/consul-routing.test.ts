import { describe, it } from 'vitest'
import { consulKeyValue } from '#shared/adapters/consul/key-value.ts'
import { routingRulesContract } from '#test/contract/routing-rules.contract.ts'
import { consulUnderTest } from '#test/support/consul.ts'

describe('routing rules in Consul', () => {
  const settings = consulUnderTest()
  if (!settings) {
    it.skip('is not run: CONSUL_HTTP_ADDR is not set', () => undefined)
    return
  }
  routingRulesContract(async () => consulKeyValue(settings))
})
