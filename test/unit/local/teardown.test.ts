import { describe, expect, it } from 'vitest'
import { teardown } from '#local/teardown.ts'

describe('tearing down', () => {
  it('stops the last first, and all though one fails', async () => {
    const stopped: string[] = []
    const running = teardown()
    running.add(async () => void stopped.push('first'))
    running.add(() => Promise.reject(new Error('stuck')))
    running.add(async () => void stopped.push('last'))
    await expect(running.stop()).rejects.toThrow('stuck')
    expect(stopped).toEqual(['last', 'first'])
  })

  it('ends at once what would outlive it, and nothing that was stopped already', async () => {
    const ended: string[] = []
    const running = teardown()
    running.add(
      async () => undefined,
      () => ended.push('database'),
    )
    running.add(async () => undefined)
    running.force()
    await running.stop()
    running.force()
    expect(ended).toEqual(['database'])
  })
})
