import { describe, expect, it } from 'vitest'
import { topicLayout } from '#shared/domain/topic-layout.ts'

describe('the layout of topics', () => {
  it('is read once for all who ask at a time, and not again a moment later', async () => {
    const clock = { ms: 0 }
    let reads = 0
    const layout = topicLayout(
      async () => new Map([['a', ++reads]]),
      () => clock.ms,
    )
    expect(layout.find('a')).toBeUndefined()
    await Promise.all([layout.refresh(), layout.refresh()])
    await layout.refresh()
    expect(layout.find('a')).toBe(1)
    clock.ms = 600
    await layout.refresh()
    expect(layout.find('a')).toBe(2)
  })

  it('grows old, and keeps what it knows when reading fails', async () => {
    const clock = { ms: 0 }
    let fails = false
    const layout = topicLayout(
      async () => {
        if (fails) throw new Error('away')
        return new Map([['a', 1]])
      },
      () => clock.ms,
    )
    await layout.refresh()
    expect(layout.isOld()).toBe(false)
    clock.ms = 31_000
    expect(layout.isOld()).toBe(true)
    fails = true
    await expect(layout.refresh()).rejects.toThrow('away')
    expect(layout.find('a')).toBe(1)
    fails = false
    await layout.refresh()
    expect(layout.isOld()).toBe(false)
  })
})
