import { describe, expect, it } from 'vitest'
import { AGENT, madeHistory, sources } from '#commands/demo/history.ts'

const end = new Date('2026-01-01T12:00:00Z')

describe('the made history', () => {
  const history = madeHistory('run', 1, end)

  it('is the same for the same run, seed and end', () => {
    expect(madeHistory('run', 1, end)).toEqual(history)
    expect(madeHistory('run', 2, end)).not.toEqual(history)
  })

  it('is in order of time, and over by its end', () => {
    const times = history.map(({ time }) => time)
    expect(times).toEqual([...times].sort())
    expect(Date.parse(times.at(-1) ?? '')).toBeLessThanOrEqual(end.getTime())
  })

  it('has an id for every event and all its sources', () => {
    expect(new Set(history.map(({ id }) => id)).size).toBe(history.length)
    expect(new Set(history.map(({ source }) => source))).toEqual(new Set(sources))
  })

  it('closes what it opens: every session and every call', () => {
    const open = new Set<string>()
    for (const { session, type, data } of history) {
      const name = `${session} ${data.call_id ?? 'itself'}`
      if (type.endsWith('.started')) open.add(name)
      else expect(open.delete(name)).toBe(true)
    }
    expect(open).toEqual(new Set())
  })

  it('has an agent whose tests fail at times', () => {
    const tests = history.filter(
      ({ source, data }) => source === AGENT && data.operation === 'Run tests' && data.outcome,
    )
    const failed = tests.filter(({ data }) => data.outcome === 'error')
    expect(failed.length / tests.length).toBeGreaterThan(0.15)
    expect(failed.length / tests.length).toBeLessThan(0.6)
  })
})
