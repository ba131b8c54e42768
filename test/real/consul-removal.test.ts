import { setTimeout as pause } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { consulDirectory } from '#shared/adapters/consul/directory.ts'
import { directoryRemovalContract } from '#test/contract/directory-removal.contract.ts'
import { consulUnderTest } from '#test/support/consul.ts'

describe('the directory in Consul, with time', () => {
  const settings = consulUnderTest()
  if (!settings) {
    it.skip('is not run: CONSUL_HTTP_ADDR is not set', () => undefined)
    return
  }
  directoryRemovalContract(async () => consulDirectory(settings), pause)
})
