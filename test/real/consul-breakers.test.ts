import { describe, it, onTestFinished } from 'vitest'
import { consulDirectory } from '#shared/adapters/consul/directory.ts'
import { consulKeyValue } from '#shared/adapters/consul/key-value.ts'
import { lockTable, memoryLocks } from '#shared/adapters/memory/locks.ts'
import { breakerSharingContract } from '#test/contract/breaker-sharing.contract.ts'
import { breakersPublishedContract } from '#test/contract/breakers-published.contract.ts'
import { consulUnderTest } from '#test/support/consul.ts'

describe('sharing circuits through Consul', () => {
  const settings = consulUnderTest()
  if (!settings) {
    it.skip('is not run: CONSUL_HTTP_ADDR is not set', () => undefined)
    return
  }
  breakerSharingContract(async () => consulKeyValue(settings))

  breakersPublishedContract(async () => {
    const opened = { directory: consulDirectory(settings), keyValue: consulKeyValue(settings) }
    onTestFinished(async () => {
      for (const one of Object.values(opened)) await one.close()
    })
    // Others may watch the same Consul.
    return { ...opened, locks: memoryLocks(lockTable()) }
  })
})
