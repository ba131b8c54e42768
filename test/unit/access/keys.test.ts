import { expect, it } from 'vitest'
import type { AccessSnapshot } from '#shared/domain/access.ts'
import { digestOf, findKey, newKey } from '#shared/domain/keys.ts'

const now = new Date('2026-01-01T00:00:00Z')
const entry = (key: string, expiresAt?: string) => ({
  id: 'k',
  name: 'test',
  digest: digestOf(key),
  roles: ['reader' as const],
  ...(expiresAt === undefined ? {} : { expiresAt }),
})
const snapshot = (...keys: AccessSnapshot['keys']): AccessSnapshot => ({
  version: 1,
  keys,
  sources: [],
})

it('makes keys that carry 256 random bits and their own name', () => {
  const made = newKey()
  expect(made.key).toMatch(new RegExp(`^omni_${made.id}_[A-Za-z0-9_-]{43}$`))
  expect(made.digest).toBe(digestOf(made.key))
  expect(newKey().key).not.toBe(made.key)
})

it('finds a key by what was presented', () => {
  const { key } = newKey()
  expect(findKey(snapshot(entry(newKey().key), entry(key)), key, now)?.digest).toBe(digestOf(key))
})

it.each([
  { what: 'an unknown key', presented: newKey().key },
  { what: 'an empty key', presented: '' },
  { what: 'something longer than any key', presented: 'x'.repeat(1_000_000) },
])('finds nothing for $what', ({ presented }) => {
  expect(findKey(snapshot(entry(newKey().key)), presented, now)).toBeUndefined()
})

it.each([
  { expiresAt: '2026-01-01T00:00:00.000Z', found: false },
  { expiresAt: '2026-01-01T00:00:00.001Z', found: true },
  { expiresAt: '2025-12-31T23:59:59.000Z', found: false },
])('a key that expires at $expiresAt is found: $found', ({ expiresAt, found }) => {
  const { key } = newKey()
  expect(findKey(snapshot(entry(key, expiresAt)), key, now) !== undefined).toBe(found)
})
