import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { open, seal, sealingKey } from '#shared/adapters/crypto/seal.ts'

const aKey = () => sealingKey(randomBytes(32).toString('base64'))

it('opens what it sealed, and seals the same secret differently each time', () => {
  const key = aKey()
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (secret) => {
      const text = secret.toWellFormed()
      const sealed = seal(text, key)
      expect(open(sealed, key)).toBe(text)
      expect(seal(text, key)).not.toBe(sealed)
    }),
  )
})

it.each([
  { what: 'with another key', alter: (sealed: string) => sealed, key: aKey() },
  { what: 'after a bit was flipped', alter: flipLast },
  { what: 'when cut short', alter: (sealed: string) => sealed.slice(0, 12) },
  {
    what: 'of a version it does not know',
    alter: (sealed: string) => sealed.replace('v1.', 'v9.'),
  },
])('does not open a secret $what', ({ alter, key }) => {
  const sealing = aKey()
  const altered = alter(seal('whsec_abc', sealing))
  expect(() => open(altered, key ?? sealing)).toThrow(
    expect.objectContaining({ kind: 'Unavailable' }),
  )
})

it('refuses a sealing key of the wrong length', () => {
  expect(() => sealingKey('c2hvcnQ=')).toThrow('32 bytes')
})

it('takes the same key as base64 and as hex digits', () => {
  const bytes = randomBytes(32)
  const sealed = seal('whsec_abc', sealingKey(bytes.toString('base64')))
  expect(open(sealed, sealingKey(bytes.toString('hex')))).toBe('whsec_abc')
})

it('refuses hex digits that are not 32 bytes', () => {
  expect(() => sealingKey('ab'.repeat(31))).toThrow('32 bytes')
})

function flipLast(sealed: string): string {
  const bytes = Buffer.from(sealed.slice(3), 'base64url')
  const last = bytes.length - 1
  bytes[last] = (bytes[last] ?? 0) ^ 1
  return `v1.${bytes.toString('base64url')}`
}
