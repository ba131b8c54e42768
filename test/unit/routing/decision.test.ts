import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import type { RoutingRules, WeightedRange } from '#shared/domain/routing/rules.ts'
import { decideVersion } from '#shared/domain/routing/version-decision.ts'
import { aCatalog } from '#test/support/routing.ts'

const versionOf = (decision: ReturnType<typeof decideVersion>) =>
  'version' in decision ? decision.version : undefined

const canary: Omit<RoutingRules, 'revision'> = {
  weights: [
    { range: '^2', weight: 5 },
    { range: '^1', weight: 95 },
  ],
}

describe('health', () => {
  it.each([
    [
      'a passing one before a warning one, whatever the version',
      ['2.0.0 warning', '1.0.0'],
      '1.0.0',
    ],
    ['a warning one where none passes', ['2.0.0 warning', '1.0.0 critical'], '2.0.0'],
    ['none in maintenance', ['2.0.0 maintenance', '1.0.0 warning'], '1.0.0'],
  ])('takes %s', (_, instances, expected) => {
    expect(versionOf(decideVersion(aCatalog(instances), { random: 0 }))).toBe(expected)
  })

  it('offers the passing instances of a version alone', () => {
    const catalog = aCatalog(['1.0.0', '1.0.0 warning', '1.0.0 critical', '1.0.0'])
    const decision = decideVersion(catalog, { random: 0 })
    expect('candidates' in decision && decision.candidates.map(({ id }) => id)).toEqual([
      'i0',
      'i3',
    ])
  })

  it('tells a version that is not healthy from one that is not there', () => {
    const catalog = aCatalog(['1.0.0 critical', '2.0.0'])
    expect(decideVersion(catalog, { acceptVersion: '^1', random: 0 })).toMatchObject({
      type: 'none',
      fault: 'no-instance',
    })
    expect(decideVersion(catalog, { acceptVersion: '^3', random: 0 })).toEqual({
      type: 'none',
      fault: 'no-version',
      wanted: '^3',
      exist: [
        { version: '2.0.0', healthy: true },
        { version: '1.0.0', healthy: false },
      ],
      why: 'no version satisfies ^3',
    })
    expect(decideVersion(aCatalog([]), { random: 0 })).toMatchObject({ fault: 'no-instance' })
  })
})

describe('weights', () => {
  it('share calls of no session by chance, and leave out what has no healthy instance', () => {
    const catalog = aCatalog(['1.0.0', '2.0.0'], canary)
    expect(versionOf(decideVersion(catalog, { random: 0.049 }))).toBe('2.0.0')
    expect(versionOf(decideVersion(catalog, { random: 0.051 }))).toBe('1.0.0')
    const sick = aCatalog(['1.0.0', '2.0.0 critical'], canary)
    expect(versionOf(decideVersion(sick, { random: 0.01 }))).toBe('1.0.0')
  })

  it('hold inside what a caller takes, and not for one who names a version', () => {
    const catalog = aCatalog(['1.0.0', '2.0.0', '2.1.0'], canary)
    const ask = (acceptVersion: string) =>
      versionOf(decideVersion(catalog, { acceptVersion, random: 0.9 }))
    expect(ask('^1 || ^2')).toBe('1.0.0')
    expect(ask('^2')).toBe('2.1.0')
    expect(ask('2.0.0')).toBe('2.0.0')
    expect(ask('latest')).toBe('2.1.0')
  })

  it('of 0 take calls away but from those that nothing else can serve', () => {
    const catalog = aCatalog(['1.5.0 warning', '2.0.0'], { weights: [{ range: '^2', weight: 0 }] })
    expect(versionOf(decideVersion(catalog, { random: 0 }))).toBe('1.5.0')
    expect(versionOf(decideVersion(catalog, { acceptVersion: 'latest', random: 0 }))).toBe('1.5.0')
    const forced = decideVersion(catalog, { acceptVersion: '^2', random: 0 })
    expect(forced).toMatchObject({ version: '2.0.0' })
    expect('why' in forced && forced.why).toMatch(/no other serves it/)
  })

  it('of 0 leave a version to callers of another that only it can serve, transformed', () => {
    const step = { from: '^1', to: '^2', examples: [] }
    const rules = { weights: [{ range: '^2', weight: 0 }], transforms: [step] }
    const decision = decideVersion(aCatalog(['1.0.0 critical', '2.0.0'], rules), {
      acceptVersion: '^1',
      random: 0,
    })
    expect(decision).toMatchObject({ type: 'transformed', version: '2.0.0' })
  })

  it('let an operator ask for a pre-release', () => {
    const weights = [
      { range: '2.0.0-rc.1', weight: 10 },
      { range: '^1', weight: 90 },
    ]
    const catalog = aCatalog(['1.0.0', '2.0.0-rc.1'], { weights })
    expect(versionOf(decideVersion(catalog, { random: 0.05 }))).toBe('2.0.0-rc.1')
    expect(versionOf(decideVersion(catalog, { acceptVersion: '>=1', random: 0.05 }))).toBe('1.0.0')
  })
})

describe('a session', () => {
  it('keeps its version, and shares come out as weighed', () => {
    const catalog = aCatalog(['1.0.0', '2.0.0'], canary)
    const versions = Array.from({ length: 4_000 }, (_, nr) => {
      const ask = (random: number) =>
        versionOf(decideVersion(catalog, { sessionId: `s${nr}`, random }))
      expect(ask(0)).toBe(ask(0.999))
      return ask(0)
    })
    const share = versions.filter((version) => version === '2.0.0').length / versions.length
    // 5 standard deviations of a share of 0.05 over 4,000.
    expect(Math.abs(share - 0.05)).toBeLessThan(0.0173)
  })

  it('is drawn anew for each call where the rules want no stickiness', () => {
    const catalog = aCatalog(['1.0.0', '2.0.0'], { ...canary, stickiness: 'none' })
    const ask = (random: number) => versionOf(decideVersion(catalog, { sessionId: 's', random }))
    expect([ask(0), ask(0.999)]).toEqual(['2.0.0', '1.0.0'])
  })

  it('moves only to or from the range whose weight changed, and no more of them than its share', () => {
    const weightsOf = (third: number): readonly WeightedRange[] => [
      { range: '^1', weight: 30 },
      { range: '^2', weight: 30 },
      { range: '^3', weight: third },
    ]
    const catalogs = [20, 60].map((third) =>
      aCatalog(['1.0.0', '2.0.0', '3.0.0'], { weights: weightsOf(third) }),
    )
    let moved = 0
    for (let nr = 0; nr < 4_000; nr++) {
      const [before, after] = catalogs.map((catalog) =>
        versionOf(decideVersion(catalog, { sessionId: `s${nr}`, random: 0 })),
      )
      if (before === after) continue
      moved++
      expect(after).toBe('3.0.0')
    }
    // From 20/80 to 60/120: a quarter must move. 5 standard deviations.
    expect(Math.abs(moved / 4_000 - 0.25)).toBeLessThan(0.0343)
  })
})

describe('a pin', () => {
  const catalog = aCatalog(['1.0.0', '2.0.0', '3.0.0 critical', '4.0.0'])
  const ask = (pinned: string, acceptVersion?: string) =>
    decideVersion(catalog, { pinned, acceptVersion, random: 0 })

  it('holds across hops', () => {
    expect(ask('2.0.0')).toMatchObject({ version: '2.0.0', pin: '2.0.0' })
    expect(ask('2.0.0', '>=1')).toMatchObject({ version: '2.0.0' })
  })

  it.each([
    ['its version has no healthy instance', '3.0.0', undefined, '4.0.0'],
    ['its version is gone', '9.0.0', undefined, '4.0.0'],
    ['the caller takes others', '2.0.0', '^1', '1.0.0'],
    ['the caller wants the latest', '2.0.0', 'latest', '4.0.0'],
  ])('is given up, and said to be, when %s', (_, pinned, acceptVersion, expected) => {
    const decision = ask(pinned, acceptVersion)
    expect(decision).toMatchObject({ version: expected, pin: expected })
    expect('why' in decision && decision.why).toContain(`the pin ${pinned} is given up`)
  })
})

it('callers who ask for nothing get what the rules say', () => {
  const catalog = aCatalog(['1.0.0', '1.1.0', '2.0.0'], { defaultVersion: '^1' })
  expect(versionOf(decideVersion(catalog, { random: 0 }))).toBe('1.1.0')
  expect(versionOf(decideVersion(catalog, { acceptVersion: 'latest', random: 0 }))).toBe('2.0.0')
})

describe('what a caller is told', () => {
  const catalog = aCatalog(['1.0.0', '2.0.0'], {
    deprecations: [
      {
        range: '^1',
        deprecatedAt: '2023-06-30T23:59:59Z',
        sunsetAt: '2024-06-30T23:59:59Z',
        link: 'https://billing.test/v1-ends',
        successor: 'https://billing.test/v2',
      },
    ],
  })
  const headers = (acceptVersion: string) => {
    const decision = decideVersion(catalog, { acceptVersion, random: 0 })
    return 'headers' in decision ? decision.headers : []
  }

  it('is the version, and of a deprecated one its end as RFC 9745 and RFC 8594 write it', () => {
    expect(headers('^2')).toEqual([['served-version', '2.0.0']])
    expect(headers('^1')).toEqual([
      ['served-version', '1.0.0'],
      ['deprecation', '@1688169599'],
      ['sunset', 'Sun, 30 Jun 2024 23:59:59 GMT'],
      ['link', '<https://billing.test/v1-ends>; rel="deprecation"'],
      ['link', '<https://billing.test/v1-ends>; rel="sunset"'],
      ['link', '<https://billing.test/v2>; rel="successor-version"'],
    ])
  })
})

describe('compared with trying everything', () => {
  const versions = ['0.9.0', '1.0.0', '1.1.0', '1.2.0-rc.1', '2.0.0', '2.1.0', '3.0.0-beta.1']
  const ranges = [
    '*',
    '^1',
    '^2',
    '1.0.0',
    '>=1.1',
    '^1 || ^2',
    '~1.2.0-rc.0',
    '^3.0.0-beta',
    '<1',
    '^9',
  ]
  const healths = ['passing', 'warning', 'critical', 'maintenance']
  const instances = fc.array(
    fc.record({ version: fc.constantFrom(...versions), health: fc.constantFrom(...healths) }),
    { maxLength: 12 },
  )
  const wish = fc.constantFrom(undefined, 'latest', ...ranges)
  const weights = fc.uniqueArray(
    fc.record({ range: fc.constantFrom(...ranges), weight: fc.constantFrom(0, 1, 3) }),
    { maxLength: 3, selector: ({ range }) => range },
  )

  /** Every version that some session or chance may lead to, by the words of the rules. */
  function oracle(
    all: readonly { version: string; health: string }[],
    accept: string | undefined,
    rules: readonly WeightedRange[],
  ): ReadonlySet<string> {
    const weigh = (version: string) =>
      rules.find(({ range }) => semver.satisfies(version, range))?.weight
    const takes = (version: string) => {
      if (accept !== undefined && accept !== 'latest') return semver.satisfies(version, accept)
      if (semver.prerelease(version) === null) return true
      return accept === undefined && (weigh(version) ?? 0) > 0
    }
    const wanted = all.filter(({ version }) => takes(version))
    for (const isOpen of [true, false]) {
      for (const health of ['passing', 'warning']) {
        const able = wanted
          .filter((one) => one.health === health && (weigh(one.version) !== 0) === isOpen)
          .map(({ version }) => version)
        if (able.length === 0) continue
        const shares = new Set<string>()
        for (const { range } of isOpen && accept !== 'latest' ? rules : []) {
          const first = (version: string) =>
            rules.find((rule) => semver.satisfies(version, rule.range))?.range === range
          const best = semver.rsort(able.filter(first))[0]
          if (best) shares.add(best)
        }
        return shares.size > 0 ? shares : new Set([semver.rsort([...able])[0] ?? ''])
      }
    }
    return new Set()
  }

  it('decides for one of what the rules allow, and reaches all of it', () => {
    fc.assert(
      fc.property(instances, wish, weights, (all, acceptVersion, rules) => {
        const catalog = aCatalog(
          all.map(({ version, health }) => `${version} ${health}`),
          { weights: rules },
        )
        const expected = oracle(all, acceptVersion, rules)
        const got = new Set<string>()
        for (let nr = 0; nr < 40; nr++) {
          const decision = decideVersion(catalog, { acceptVersion, random: nr / 40 })
          if ('version' in decision) got.add(decision.version)
          else expect(decision.type).toBe('none')
        }
        expect(got).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('offers instances of that version alone, and never a sick one', () => {
    fc.assert(
      fc.property(instances, wish, fc.string(), (all, acceptVersion, sessionId) => {
        const catalog = aCatalog(all.map(({ version, health }) => `${version} ${health}`))
        const decision = decideVersion(catalog, { acceptVersion, sessionId, random: 0 })
        if (!('candidates' in decision)) return
        const healths = new Set(decision.candidates.map(({ health }) => health))
        expect(decision.candidates.length).toBeGreaterThan(0)
        expect(healths.size).toBe(1)
        expect(['passing', 'warning']).toContain([...healths][0])
        for (const { version } of decision.candidates) expect(version).toBe(decision.version)
      }),
    )
  })
})
