import { describe, expect, it } from 'vitest'
import { RECORD_LIMIT_BYTES, recordWeight } from '#shared/domain/record-size.ts'

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
})
