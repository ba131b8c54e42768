import { describe, expect, it } from 'vitest'
import { contentOf, identityOf } from '#shared/domain/recording/identity.ts'
import { anEvent } from '#test/support/recordables.ts'

describe('the identity of an event', () => {
  it('is its source and id together', () => {
    const identities = [
      identityOf({ source: 'a', id: 'bc' }),
      identityOf({ source: 'ab', id: 'c' }),
      identityOf({ source: 'a', id: 'bd' }),
    ]
    expect(new Set(identities).size).toBe(3)
    expect(identities[0]).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('the content of an event', () => {
  const event = anEvent({ at: 1, arrival: 2 })

  it('is the same when a sender tries again', () => {
    const again = anEvent({ at: 1, arrival: 9, attributes: { traceparent: '00-x', redacted: '2' } })
    expect(contentOf(again)).toBe(contentOf(event))
  })

  it('leaves out a time that the sender did not give', () => {
    expect(contentOf(anEvent({ at: 5 }))).toBe(contentOf(anEvent({ at: 6 })))
    expect(contentOf(anEvent({ at: 5, arrival: 7 }))).not.toBe(contentOf(event))
  })

  it.each([
    ['type', anEvent({ at: 1, arrival: 2, type: 'hooks.custom.x' })],
    ['payload', anEvent({ at: 1, arrival: 2, body: '{}' })],
    ['missing payload', anEvent({ at: 1, arrival: 2, body: null })],
    ['bytes', anEvent({ at: 1, arrival: 2, body: new Uint8Array([1]) })],
    ['attribute', anEvent({ at: 1, arrival: 2, attributes: { sessionid: 's1' } })],
  ])('differs with another %s', (_, other) => {
    expect(contentOf(other)).not.toBe(contentOf(event))
  })

  it('does not depend on the order of attributes', () => {
    const one = anEvent({ attributes: { a: '1', b: '2' } })
    const other = anEvent({ attributes: { b: '2', a: '1' } })
    expect(contentOf(one)).toBe(contentOf(other))
  })
})
