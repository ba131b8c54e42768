import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { breakerSharing } from '#shared/adapters/breakers/breaker-sharing.ts'
import { memoryDirectory } from '#shared/adapters/memory/directory.ts'
import { memoryKeyValue } from '#shared/adapters/memory/key-value.ts'
import { lockTable, memoryLocks } from '#shared/adapters/memory/locks.ts'
import type { SharedBreaker } from '#shared/domain/resilience/shared-breaker.ts'
import { Failure } from '#shared/errors.ts'
import { breakerSharingContract } from './breaker-sharing.contract.ts'
import { breakersPublishedContract } from './breakers-published.contract.ts'

describe('sharing circuits through a store in memory', () => {
  breakerSharingContract(async () => memoryKeyValue())
})

describe('circuits in the catalog, of a store in memory', () => {
  breakersPublishedContract(async () => {
    const directory = memoryDirectory()
    onTestFinished(() => directory.close())
    return { directory, keyValue: memoryKeyValue(), locks: memoryLocks(lockTable()) }
  })
})

describe('sharing circuits while the log is away', () => {
  const change = (instance: string): SharedBreaker => {
    const since = Date.now()
    return { service: 's', instance, state: 'open', since, retryAt: since + 30_000, reason: 'x' }
  }

  it('shares them all the same, and tells the log when it is back', async () => {
    const keyValue = memoryKeyValue()
    const append = vi.fn(async () => [])
    append.mockRejectedValueOnce(new Failure('Unavailable', 'away'))
    const sharing = breakerSharing({ keyValue, log: { append }, source: 'tool-proxy' })
    sharing.share(change('a'))
    await vi.waitFor(async () => expect(await keyValue.get('breakers/s/a')).toBeDefined())
    await sharing.settled(5_000)
    expect(append).toHaveBeenCalledTimes(2)
    await sharing.close()
  })

  it('keeps a thousand changes and gives up the oldest', async () => {
    const keyValue = memoryKeyValue()
    let isAway = true
    const told = new Set<string>()
    const append = async (records: readonly { value: Uint8Array | null }[]) => {
      if (isAway) throw new Failure('Unavailable', 'away')
      for (const { value } of records) {
        told.add(JSON.parse(Buffer.from(value ?? []).toString()).instance)
      }
      return []
    }
    const sharing = breakerSharing({ keyValue, log: { append }, source: 'tool-proxy' })
    for (let nr = 0; nr < 1_200; nr++) sharing.share(change(`i${nr}`))
    isAway = false
    await sharing.settled(5_000)
    // One of the oldest may have been on its way.
    expect(told.size).toBeLessThanOrEqual(1_001)
    expect(told.has('i199')).toBe(false)
    expect(told.has('i200')).toBe(true)
    await sharing.close()
  })

  it('stops when it is closed, though what waits has not arrived', async () => {
    const append = async () => Promise.reject(new Failure('Unavailable', 'away'))
    const sharing = breakerSharing({
      ...{ keyValue: memoryKeyValue(), log: { append }, source: 'tool-proxy' },
    })
    sharing.share(change('a'))
    const begun = performance.now()
    await sharing.close()
    expect(performance.now() - begun).toBeLessThan(4_000)
  })
})
