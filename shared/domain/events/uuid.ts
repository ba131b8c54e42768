import { randomUUID } from 'node:crypto'

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
