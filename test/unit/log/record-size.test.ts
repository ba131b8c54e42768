import { describe, expect, it } from 'vitest'
import { toDeadLetter } from '#shared/domain/dead-letter.ts'
import { RECORD_LIMIT_BYTES, recordLimit, recordWeight } from '#shared/domain/record-size.ts'

const aRecord = (value: number, header = '') => ({
  ...{ key: null, value: Buffer.alloc(value), headers: { h: header } },
})

describe('the size of a record', () => {
  it('is exact where it decides, and never estimated too small', () => {
    const inLimit = aRecord(RECORD_LIMIT_BYTES - 1)
    expect(recordWeight(inLimit)).toBe(RECORD_LIMIT_BYTES)
    expect(recordWeight(aRecord(RECORD_LIMIT_BYTES))).toBe(RECORD_LIMIT_BYTES + 1)
    expect(recordWeight(aRecord(RECORD_LIMIT_BYTES - 300, 'x'.repeat(299)))).toBe(
      RECORD_LIMIT_BYTES,
    )
    expect(recordWeight(aRecord(10, 'x'))).toBeGreaterThanOrEqual(12)
  })

  it('leaves room for the dead letter of the largest record that a topic takes', () => {
    // What Kafka allows for framing, another writer may use for the record itself.
    const largest = { ...aRecord(RECORD_LIMIT_BYTES + 4_096), topic: 'hooks.custom' }
    const letter = toDeadLetter(
      { ...largest, partition: 0, offset: Number.MAX_SAFE_INTEGER, timestamp: Date.now() },
      { reason: 'malformed', stage: 'pattern-processor', attempt: 10, at: new Date() },
    )
    expect(recordWeight(letter)).toBeLessThan(recordLimit(letter.topic))
    expect(recordLimit(largest.topic)).toBe(RECORD_LIMIT_BYTES)
  })
})
