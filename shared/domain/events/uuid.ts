import { hash, randomUUID } from 'node:crypto'

/** Where version 4's own version digit stands; everything behind it is random or the variant. */
const AFTER_VERSION = 15

/**
 * A UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix time in ms, then 74 random bits. Ids of one
 * millisecond have no order among them.
 */
export function uuidV7(nowMs: number): string {
  const time = Math.floor(nowMs).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(AFTER_VERSION)}`
}

/** The variant's two bits of RFC 9562, section 4.1, in the first digit of the fourth group. */
const VARIANT = 0x8
const VARIANT_MASK = 0x3

/**
 * The UUIDv8 (RFC 9562, section 5.8) that a text always gets: 122 bits of its SHA-256. For events that must be
 * the same event however often they are made.
 */
export function uuidV8Of(text: string): string {
  const hex = hash('sha256', text, 'hex')
  const variant = ((Number.parseInt(hex.charAt(16), 16) & VARIANT_MASK) | VARIANT).toString(16)
  return [
    ...[hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`],
    ...[variant + hex.slice(17, 20), hex.slice(20, 32)],
  ].join('-')
}
