import { describe, expect, it } from 'vitest'
import {
  type AuditedChange,
  brokenAt,
  type TrailEntry,
  trailEntry,
} from '#shared/domain/audit-trail.ts'

const by = { kind: 'key', id: 'k', name: 'ops' } as const
const change = (n: number): AuditedChange => ({
  type: 'services.lifecycle.role_changed',
  at: `2026-01-01T00:00:0${n}.000Z`,
  by,
  what: { role: { name: `role-${n}`, grants: [] } },
})

function aTrail(length: number) {
  const events: { type: string; data: TrailEntry }[] = []
  let end = { entry: 0, digest: '' }
  for (let n = 1; n <= length; n++) {
    const data = trailEntry(end, change(n))
    events.push({ type: change(n).type, data })
    end = data
  }
  return events
}

describe('an audit trail', () => {
  it('holds, from any entry on, however its members are ordered', () => {
    const trail = aTrail(4)
    expect(brokenAt(trail)).toBeUndefined()
    expect(brokenAt(trail.slice(2))).toBeUndefined()
    expect(brokenAt([])).toBeUndefined()
    const reordered = trail.map(({ type, data }) => ({
      type,
      data: Object.fromEntries(Object.entries(data).reverse()) as unknown as TrailEntry,
    }))
    expect(brokenAt(reordered)).toBeUndefined()
  })

  it.each([
    {
      how: 'an entry is missing',
      tamper: (trail: ReturnType<typeof aTrail>) => trail.toSpliced(1, 1),
      at: 3,
    },
    {
      how: 'two changed places',
      tamper: ([a, b, c, d]: ReturnType<typeof aTrail>) =>
        [a, c, b, d] as ReturnType<typeof aTrail>,
      at: 3,
    },
    {
      how: 'a change says something else',
      tamper: (trail: ReturnType<typeof aTrail>) =>
        trail.map((one, i) =>
          i === 1 ? { ...one, data: { ...one.data, what: { role: 'x' } } } : one,
        ),
      at: 2,
    },
    {
      how: 'somebody else is said to have made it',
      tamper: (trail: ReturnType<typeof aTrail>) =>
        trail.map((one, i) =>
          i === 2 ? { ...one, data: { ...one.data, by: { ...by, id: 'x' } } } : one,
        ),
      at: 3,
    },
    {
      how: 'a removal is said to be a change',
      tamper: (trail: ReturnType<typeof aTrail>) =>
        trail.map((one, i) =>
          i === 0 ? { ...one, type: 'services.lifecycle.role_removed' } : one,
        ),
      at: 1,
    },
  ])('shows where $how', ({ tamper, at }) => {
    expect(brokenAt(tamper(aTrail(4)))).toBe(at)
  })
})
