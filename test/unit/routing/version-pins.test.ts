import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addVersionPin, readVersionPins } from '#shared/domain/routing/version-pins.ts'

const pinsOf = (baggage: string | undefined) => Object.fromEntries(readVersionPins(baggage))

describe('pinned versions', () => {
  it.each([
    [undefined, {}],
    ['', {}],
    ['userId=alice', {}],
    ['omninode-versions=billing:2.0.0', { billing: '2.0.0' }],
    [
      'a=b , omninode-versions = billing:2.0.0-rc.1+b5/users:1.0.0 ;p=1',
      { billing: '2.0.0-rc.1+b5', users: '1.0.0' },
    ],
    ['omninode-versions=billing%3A2.0.0', { billing: '2.0.0' }],
    ['omninode-versions=%E0%A4%A/x:1.0.0', {}],
    ['omninode-versions=no-pin/:1/x:/y:1.0.0', { y: '1.0.0' }],
    ['omninode-versions-old=billing:2.0.0', {}],
  ])('are read from %s', (baggage, expected) => {
    expect(pinsOf(baggage)).toEqual(expected)
  })

  it('are added beside other members, once per service', () => {
    const first = addVersionPin('userId=alice;p, other=1', 'billing', '2.0.0')
    expect(first).toBe('userId=alice;p,other=1,omninode-versions=billing:2.0.0')
    const second = addVersionPin(addVersionPin(first, 'users', '1.0.0'), 'billing', '3.0.0')
    expect(second).toBe('userId=alice;p,other=1,omninode-versions=billing:3.0.0/users:1.0.0')
  })

  it('are at most 32', () => {
    let baggage: string | undefined
    for (let nr = 0; nr < 40; nr++) baggage = addVersionPin(baggage, `s${nr}`, '1.0.0')
    expect(readVersionPins(baggage).size).toBe(32)
    expect(pinsOf(addVersionPin(baggage, 's3', '2.0.0')).s3).toBe('2.0.0')
  })

  it('come back as added, whatever else the baggage holds', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (baggage) => {
        expect(pinsOf(addVersionPin(baggage, 'billing', '1.2.3'))).toMatchObject({
          billing: '1.2.3',
        })
      }),
    )
  })
})
