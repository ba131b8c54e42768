import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { consulLocks } from '#shared/adapters/consul/locks.ts'
import { locksContract } from '#test/contract/locks.contract.ts'
import { askConsul, consulUnderTest, destroyHolder } from '#test/support/consul.ts'
import { aName } from '#test/support/discovery.ts'

describe('locks in Consul', () => {
  const settings = consulUnderTest()
  if (!settings) {
    it.skip('is not run: CONSUL_HTTP_ADDR is not set', () => undefined)
    return
  }
  locksContract(async () => ({
    open: async () => consulLocks(settings),
    takeAway: (name) => destroyHolder(settings, name),
    elapse: (ms) => pause(ms),
  }))

  it('has larger tokens after an operator deleted its key, which starts LockIndex anew', async () => {
    const locks = consulLocks(settings)
    onTestFinished(() => locks.close())
    const name = aName('deleted')
    const terms = { ttlMs: 10_000, lockDelayMs: 0 }
    const held = await locks.tryAcquire(name, terms)
    await askConsul(settings, 'DELETE', `/kv/omninode-bridge/.locks/${name}`)
    await expect.poll(() => held?.lost.aborted, { timeout: 5_000, interval: 20 }).toBe(true)
    const next = await locks.tryAcquire(name, terms)
    expect(next?.token).toBeGreaterThan(held?.token ?? Number.NaN)
    await next?.release()
  })
})
