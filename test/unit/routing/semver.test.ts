import { describe, expect, it } from 'vitest'
import { decideVersion } from '#shared/domain/routing/version-decision.ts'
import { aCatalog } from '#test/support/routing.ts'

const versionFor = (acceptVersion: string | undefined, instances: readonly string[]) => {
  const decision = decideVersion(aCatalog(instances), { acceptVersion, random: 0 })
  return 'version' in decision ? decision.version : decision.type
}

describe('the highest of two versions', () => {
  // semver.org 2.0.0, section 11, its own examples in its own order.
  const ordered = [
    ['1.0.0', '2.0.0', '2.1.0', '2.1.1'],
    [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
    ],
  ]
  const pairs = ordered.flatMap((list) => list.slice(1).map((high, at) => [list[at] ?? '', high]))

  it.each(pairs)('of %s and %s is the second', (low, high) => {
    expect(versionFor('>=0.0.0-0 || >=1.0.0-alpha', [low ?? '', high ?? ''])).toBe(high)
    expect(versionFor('>=0.0.0-0 || >=1.0.0-alpha', [high ?? '', low ?? ''])).toBe(high)
  })

  it('is the same whatever its build metadata (section 10)', () => {
    const decision = decideVersion(aCatalog(['1.0.0+exp.sha.5114f85', '1.0.0+20130313144700']), {
      acceptVersion: '1.0.0',
      random: 0,
    })
    expect(decision).toMatchObject({ type: 'version', version: '1.0.0' })
    expect('candidates' in decision && decision.candidates).toHaveLength(2)
  })
})

describe('a range', () => {
  const all = ['0.9.0', '1.0.0', '1.2.3', '1.9.9', '2.0.0-rc.1', '2.0.0', '2.1.0', '3.0.0-beta.2']
  it.each([
    [undefined, '2.1.0'],
    ['', '2.1.0'],
    ['latest', '2.1.0'],
    ['Latest', '2.1.0'],
    ['*', '2.1.0'],
    ['1', '1.9.9'],
    ['1.x', '1.9.9'],
    ['1.2', '1.2.3'],
    ['1.2.3', '1.2.3'],
    ['=1.2.3', '1.2.3'],
    ['v1.2.3', '1.2.3'],
    ['^1.2', '1.9.9'],
    ['~1.2', '1.2.3'],
    ['^0.9.0', '0.9.0'],
    ['>=1.0.0 <1.9.0', '1.2.3'],
    ['1.0.0 - 1.2.9', '1.2.3'],
    ['^1 || ^2', '2.1.0'],
    ['<1', '0.9.0'],
    // Pre-releases only when asked for.
    ['2.0.0-rc.1', '2.0.0-rc.1'],
    ['>=2.0.0-rc.1 <2.0.0', '2.0.0-rc.1'],
    ['^3.0.0-beta.1', '3.0.0-beta.2'],
    ['^3', 'none'],
    ['>3.0.0', 'none'],
    ['1.2.4', 'none'],
    ['banana', 'malformed'],
    ['1.2.3.4', 'malformed'],
    ['^1, ^2', 'malformed'],
    [`^1${' '.repeat(300)}`, '1.9.9'],
    [`1 ${'|| 1 '.repeat(200)}`, 'malformed'],
  ])('%s gets %s', (acceptVersion, expected) => {
    expect(versionFor(acceptVersion, all)).toBe(expected)
  })
})

it('a version that is none counts as the lowest there is', () => {
  expect(versionFor(undefined, ['2024-01', '0.0.1'])).toBe('0.0.1')
  expect(versionFor(undefined, ['2024-01'])).toBe('0.0.0')
})

it('a service of pre-releases alone says so to whoever asks for none', () => {
  const decision = decideVersion(aCatalog(['1.0.0-rc.1']), { random: 0 })
  expect(decision).toMatchObject({ type: 'none', fault: 'no-version' })
  expect('why' in decision && decision.why).toMatch(/only pre-releases/)
})
