import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Health, ListedInstance } from '#shared/domain/discovery/instance.ts'
import { type Announced, NOTHING_ANNOUNCED, settled } from '#shared/domain/services/announced.ts'
import { announce, firstChanges, recordsOf } from '#shared/domain/services/announcement.ts'
import { changesOf } from '#shared/domain/services/changes.ts'
import { aListedInstance } from '#test/support/catalogs.ts'

const asItIs = (text: string) => text
const terms = { id: '0190b8a0-0000-7000-8000-000000000000', at: 1_700_000_000_000_000, token: 7 }

/** What is announced after all changes towards some instances. */
function announcedOf(...instances: readonly ListedInstance[]): Announced {
  const next = announce(NOTHING_ANNOUNCED, changesOf(NOTHING_ANNOUNCED, instances, asItIs), terms)
  return next ? settled(next) : NOTHING_ANNOUNCED
}

const typesOf = (before: Announced, current: readonly ListedInstance[]) =>
  changesOf(before, current, asItIs).flatMap(({ events }) => events.map(({ type }) => type))

describe('what happened to an instance', () => {
  const one = aListedInstance()
  const health = (value: Health) => ({ ...one, health: value, reason: 'because' })

  it.each<[string, readonly ListedInstance[], readonly ListedInstance[], readonly string[]]>([
    ['nothing', [one], [one], []],
    [
      'another note of its check',
      [health('critical')],
      [{ ...health('critical'), reason: 'x' }],
      [],
    ],
    ['it came', [], [one], ['services.lifecycle.registered', 'services.health.passing']],
    ['it went', [one], [], ['services.lifecycle.deregistered']],
    ['another version', [one], [{ ...one, version: '2.0.0' }], ['services.lifecycle.changed']],
    ['another address', [one], [{ ...one, address: '::1' }], ['services.lifecycle.changed']],
    ['capabilities', [one], [{ ...one, capabilities: [] }], ['services.lifecycle.changed']],
    [
      'meta in another order',
      [{ ...one, meta: { a: '1', b: '2' } }],
      [{ ...one, meta: { b: '2', a: '1' } }],
      [],
    ],
    ['it got ill', [one], [health('critical')], ['services.health.critical']],
    ['it is busy', [one], [health('warning')], ['services.health.warning']],
    [
      'it was taken out',
      [one],
      [health('maintenance')],
      ['services.lifecycle.maintenance_started'],
    ],
    [
      'it was put back',
      [health('maintenance')],
      [one],
      ['services.lifecycle.maintenance_ended', 'services.health.passing'],
    ],
    [
      'it came back as another version and ill',
      [one],
      [{ ...health('critical'), version: '2.0.0' }],
      ['services.lifecycle.changed', 'services.health.critical'],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(typesOf(announcedOf(...before), after)).toEqual(expected)
  })

  it('takes secrets out of what its check said', () => {
    const ill = { ...health('critical'), reason: 'token=abc' }
    const redact = (text: string) => text.replace('abc', '[redacted]')
    const [change] = changesOf(announcedOf(one), [ill], redact)
    expect(change?.events[0]?.data.reason).toBe('token=[redacted]')
  })

  it('tells of instances named as what every object has', () => {
    const odd = aListedInstance({ id: 'constructor' })
    expect(typesOf(NOTHING_ANNOUNCED, [odd])).toHaveLength(2)
    expect(typesOf(announcedOf(odd), [odd])).toEqual([])
    expect(typesOf(announcedOf(odd), [])).toEqual(['services.lifecycle.deregistered'])
  })
})

describe('an announcement', () => {
  it('makes the same records whenever they are made', () => {
    const next = announce(
      NOTHING_ANNOUNCED,
      changesOf(NOTHING_ANNOUNCED, [aListedInstance()], asItIs),
      terms,
    )
    const read = JSON.parse(JSON.stringify(next)) as Announced
    const records = recordsOf('billing', read.pending as NonNullable<Announced['pending']>)
    expect(records).toEqual(
      recordsOf('billing', next?.pending as NonNullable<Announced['pending']>),
    )
    expect(records.map(({ topic, key }) => [topic, key])).toEqual([
      ['services.lifecycle', 'billing'],
      ['services.health', 'billing'],
    ])
    expect(new Set(records.map(({ headers }) => headers.ce_id)).size).toBe(2)
  })

  it('takes a hundred changes at once, and fewer large ones', () => {
    const many = Array.from({ length: 1_000 }, (_, nr) => aListedInstance({ id: `i-${nr}` }))
    expect(firstChanges(changesOf(NOTHING_ANNOUNCED, many, asItIs))).toHaveLength(100)
    const capabilities = Array.from({ length: 256 }, (_, nr) => `${nr}-`.padEnd(128, 'x'))
    const large = many.map((instance) => ({ ...instance, capabilities }))
    const first = firstChanges(changesOf(NOTHING_ANNOUNCED, large, asItIs))
    expect(first.length).toBeGreaterThan(0)
    expect(JSON.stringify(first).length).toBeLessThan(150_000)
  })

  const health = fc.constantFrom<Health>('passing', 'warning', 'critical', 'maintenance')
  const instances = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      health,
      version: fc.constantFrom('1.0.0', '2.0.0'),
    }),
    { selector: ({ id }) => id },
  )
  it('leaves nothing to announce once all was, from any state to any other', async () => {
    await fc.assert(
      fc.property(instances, instances, (before, after) => {
        const listed = (all: typeof before) => all.map((changes) => aListedInstance(changes))
        let announced = announcedOf(...listed(before))
        for (let rounds = 0; rounds < 5; rounds++) {
          const changes = changesOf(announced, listed(after), asItIs)
          const next = announce(announced, changes, terms)
          if (!next) break
          announced = settled(next)
        }
        expect(changesOf(announced, listed(after), asItIs)).toEqual([])
        expect(Object.keys(announced.instances).sort()).toEqual(after.map(({ id }) => id).sort())
      }),
    )
  })
})
