import { describe, it } from 'vitest'
import { openDirectory, openKeyValue } from '#shared/adapters/discovery.ts'
import { serviceRegistryContract } from '#test/contract/service-registry.contract.ts'
import { consulUnderTest } from '#test/support/consul.ts'

describe('the service registry on Consul', () => {
  const settings = consulUnderTest()
  // Its own server's certificate is tested where its secrets are.
  if (!settings || settings.secure) {
    it.skip('is not run: CONSUL_HTTP_ADDR is not set, or https', () => undefined)
    return
  }
  const { host, port, token } = settings
  const url = `consul://${host}:${port}${token ? `?token=${encodeURIComponent(token)}` : ''}`
  serviceRegistryContract(async () => ({
    directory: await openDirectory(url),
    keyValue: await openKeyValue(url),
  }))
})
