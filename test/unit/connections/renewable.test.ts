import { describe, expect, it } from 'vitest'
import { renewable } from '#shared/domain/renewable.ts'

function counted(options: { failing?: () => boolean } = {}) {
  let nowMs = 0
  let reads = 0
  const value = renewable(
    async () => {
      reads++
      if (options.failing?.()) throw new Error(`read ${reads} failed`)
      return `value ${reads}`
    },
    { leastMs: 5_000, leastAfterFailureMs: 1_000, now: () => nowMs },
  )
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { value, pass, reads: () => reads }
}

describe('a renewable value', () => {
  it('is read once, by all who ask at the same time', async () => {
    const { value, pass, reads } = counted()
    expect(value.held()).toBeUndefined()
    await Promise.all([value.current(), value.current()])
    pass(1e9)
    expect(await value.current()).toBe('value 1')
    expect(value.held()).toBe('value 1')
    expect(reads()).toBe(1)
  })

  it('is read again once it is doubted, though not more often than it may be', async () => {
    const { value, pass, reads } = counted()
    await value.current()
    value.doubt()
    pass(4_999)
    expect(await value.current()).toBe('value 1')
    pass(1)
    expect(await value.current()).toBe('value 2')
    pass(60_000)
    expect(await value.current()).toBe('value 2')
    expect(reads()).toBe(2)
  })

  it('does not repeat a read that failed at once, and keeps doubting', async () => {
    let isDown = true
    const { value, pass, reads } = counted({ failing: () => isDown })
    await expect(value.current()).rejects.toThrow('read 1 failed')
    pass(999)
    await expect(value.current()).rejects.toThrow('read 1 failed')
    expect(reads()).toBe(1)
    pass(1)
    isDown = false
    expect(await value.current()).toBe('value 2')
    value.doubt()
    pass(5_000)
    isDown = true
    await expect(value.current()).rejects.toThrow('read 3 failed')
    isDown = false
    pass(1_000)
    expect(await value.current()).toBe('value 4')
  })
})
