import { describe, expect, it } from 'vitest'
import { denials, GATHER_MS } from '#shared/domain/denials.ts'

type Refused = { caller: string; kind: string }
const gathering = () => denials<Refused>((refusal) => refusal)
const refused = (caller: string, kind: string): Refused => ({ caller, kind })

describe('refusals', () => {
  it('are told once at first, and together after a minute', () => {
    const { add } = gathering()
    const one = refused('a', 'x')
    expect(add(one, 0)).toEqual([{ refusal: one, count: 1, of: 'one-kind' }])
    for (let i = 1; i < 1_000; i++) expect(add(one, i)).toEqual([])
    expect(add(one, GATHER_MS)).toEqual([
      { refusal: one, count: 999, of: 'one-kind' },
      { refusal: one, count: 1, of: 'one-kind' },
    ])
  })

  it('are told after a minute also when no more come', () => {
    const { add, due } = gathering()
    add(refused('a', 'x'), 0)
    expect(due(GATHER_MS)).toEqual([])
    add(refused('a', 'x'), GATHER_MS + 1)
    add(refused('a', 'x'), GATHER_MS + 2)
    expect(due(GATHER_MS + 3)).toEqual([])
    expect(due(2 * GATHER_MS + 1)).toMatchObject([{ count: 1 }])
    expect(due(4 * GATHER_MS)).toEqual([])
  })

  it('of a caller who tries everything become few events', () => {
    const { add, due } = gathering()
    const told = Array.from({ length: 5_000 }, (_, i) => add(refused('a', `x${i}`), i)).flat()
    expect(told).toHaveLength(11)
    expect(told.at(-1)).toMatchObject({ of: 'one-caller', count: 1 })
    const rest = due(GATHER_MS)
    expect(rest).toMatchObject([{ of: 'one-caller', count: 4_989 }])
  })

  it('of very many callers become few events, and no caller keeps another from being named', () => {
    const { add, due } = gathering()
    for (let i = 0; i < 1_000; i++) add(refused('flood', `x${i}`), i)
    expect(add(refused('other', 'y'), 1_000)).toMatchObject([
      { refusal: { caller: 'other' }, of: 'one-kind' },
    ])
    let told = 0
    for (let i = 0; i < 5_000; i++) told += add(refused(`c${i}`, 'x'), 2_000).length
    expect(told).toBeLessThanOrEqual(101)
    const rest = due(GATHER_MS)
    expect(rest.length).toBeLessThanOrEqual(101)
    const counted = rest.reduce((sum, { count }) => sum + count, 0)
    expect(counted + told + 11 + 1).toBe(6_001)
    expect(rest.filter(({ of }) => of === 'any')).toHaveLength(1)
  })

  it('are told again when the clock was put back', () => {
    const { add } = gathering()
    add(refused('a', 'x'), 10 * GATHER_MS)
    expect(add(refused('a', 'x'), 0)).toMatchObject([{ count: 1 }])
  })
})
