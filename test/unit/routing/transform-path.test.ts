import { describe, expect, it } from 'vitest'
import { refusalOf } from '#shared/domain/routing/refusal.ts'
import type { TransformStep } from '#shared/domain/routing/rules.ts'
import { decideVersion } from '#shared/domain/routing/version-decision.ts'
import { aCatalog } from '#test/support/routing.ts'

const step = (from: string, to: string, operation?: string): TransformStep => ({
  ...{ from, to, examples: [] },
  ...(operation === undefined ? {} : { operation }),
})

const chain = [step('^1', '^2'), step('^2', '^3')]

const ask = (
  instances: readonly string[],
  acceptVersion: string,
  transforms: readonly TransformStep[] = chain,
  more = {},
) => decideVersion(aCatalog(instances, { transforms, ...more }), { acceptVersion, random: 0 })

const waysOf = (decision: ReturnType<typeof ask>) =>
  decision.type === 'transformed' ? decision.path.versions : decision.type

describe('a caller of a version that nobody serves any more', () => {
  it('is served through the declared steps', () => {
    const decision = ask(['3.0.0', '3.1.0'], '^1')
    expect(decision).toMatchObject({ type: 'transformed', version: '3.1.0', pin: '3.1.0' })
    expect(waysOf(decision)).toEqual(['^1', '^2', '^3'])
    expect('why' in decision && decision.why).toBe(
      'the caller takes ^1, which steps lead to: ^1 -> ^2 -> ^3; 3.1.0 is the highest healthy one',
    )
  })

  it.each([
    ['its own version where that is healthy', ['1.0.0', '3.0.0'], '^1', 'version'],
    ['the nearest version', ['2.0.0', '3.0.0'], '^1', ['^1', '^2']],
    ['an exact version by the step that holds it', ['3.0.0'], '1.4.2', ['1.4.2', '^2', '^3']],
    ['nothing, where the steps lead elsewhere', ['3.0.0'], '^4', 'none'],
    ['nothing, where their end is not healthy', ['3.0.0 critical'], '^1', 'none'],
    ['nothing against the direction of steps', ['1.0.0'], '^3', 'none'],
  ])('gets %s', (_, instances, wanted, expected) => {
    expect(waysOf(ask(instances, wanted))).toEqual(expected)
  })

  it('goes the shortest way, and of two as short the one to the higher version', () => {
    const steps = [...chain, step('^1', '^3'), step('^1', '^2.5')]
    expect(waysOf(ask(['3.0.0'], '^1', steps))).toEqual(['^1', '^3'])
    expect(waysOf(ask(['2.5.0', '3.0.0'], '^1', steps))).toEqual(['^1', '^3'])
  })

  it('comes to an end where steps go round in a circle, or on for more than 8', () => {
    expect(waysOf(ask(['9.0.0'], '^1', [...chain, step('^3', '^1')]))).toBe('none')
    const long = Array.from({ length: 12 }, (_, nr) => step(`^${nr + 1}`, `^${nr + 2}`))
    expect(waysOf(ask(['9.0.0'], '^1', long))).toHaveLength(9)
    expect(waysOf(ask(['10.0.0'], '^1', long))).toBe('none')
  })

  it('passes all steps of a pair at once: each is for its own operation', () => {
    const steps = [step('^1', '^2', 'GET /a'), step('^1', '^2', 'GET /b')]
    const decision = ask(['2.0.0'], '^1', steps)
    expect(decision.type === 'transformed' && decision.path.hops).toEqual([steps])
  })

  it('is told of the end of its own version, not of the one that serves it', () => {
    const deprecations = [
      { range: '^3', deprecatedAt: '2030-01-01T00:00:00Z' },
      { range: '^1', sunsetAt: '2031-01-01T00:00:00Z' },
    ]
    const decision = ask(['3.0.0'], '^1', chain, { deprecations })
    expect('headers' in decision && decision.headers).toEqual([
      ['served-version', '3.0.0'],
      ['sunset', 'Wed, 01 Jan 2031 00:00:00 GMT'],
    ])
  })

  it('goes by the shares of the versions it is led to', () => {
    const weights = [
      { range: '~3.1', weight: 1 },
      { range: '^3', weight: 1 },
    ]
    const catalog = aCatalog(['3.0.0', '3.1.0'], { transforms: chain, weights })
    const versions = [0.1, 0.9].map((random) =>
      decideVersion(catalog, { acceptVersion: '^1', random }),
    )
    expect(versions.map((one) => 'version' in one && one.version)).toEqual(['3.1.0', '3.0.0'])
  })
})

it('a weight of 0 leads callers of a version over the steps while it is still there', () => {
  const weights = [{ range: '^1', weight: 0 }]
  expect(waysOf(ask(['1.0.0', '3.0.0'], '^1', chain, { weights }))).toEqual(['^1', '^2', '^3'])
  expect(waysOf(ask(['1.0.0', '3.0.0 critical'], '^1', chain, { weights }))).toBe('version')
})

it('callers who ask for nothing are led on from what the rules say', () => {
  const catalog = aCatalog(['3.0.0'], { transforms: chain, defaultVersion: '^1' })
  expect(waysOf(decideVersion(catalog, { random: 0 }))).toEqual(['^1', '^2', '^3'])
  expect(waysOf(decideVersion(catalog, { pinned: '3.0.0', random: 0 }))).toHaveLength(3)
})

describe('whom nothing serves', () => {
  it.each([
    ['^7', 'NotAcceptable', "Nothing serves 'billing': no version satisfies ^7."],
    ['^2', 'Unavailable', "Nothing serves 'billing': no instance of ^2 is healthy."],
    ['?', 'Malformed', "Accept-Version '?' is neither a range of versions nor 'latest'."],
  ])('%s is told %s', (wanted, kind, detail) => {
    const decision = ask(['1.0.0', '2.0.0 critical'], wanted, [])
    if (decision.type !== 'none' && decision.type !== 'malformed') throw new Error(decision.type)
    expect(refusalOf('billing', decision)).toMatchObject({ kind, detail, members: { wanted } })
  })
})
