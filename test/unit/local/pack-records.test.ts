import fc from 'fast-check'
import { expect, it } from 'vitest'
import { packRecords, unpackRecords } from '#local/lambda/pack-records.ts'

const source = { eventSource: 'SelfManagedKafka', bootstrapServers: 'b:9092' } as const
const record = fc.record({
  topic: fc.constant('hooks.custom'),
  partition: fc.nat({ max: 3 }),
  offset: fc.nat(),
  timestamp: fc.nat(),
  key: fc.option(fc.string()),
  value: fc.option(fc.uint8Array()),
  headers: fc.dictionary(
    fc.oneof(fc.string({ minLength: 1 }), fc.constant('__proto__')),
    fc.oneof(fc.string(), fc.uint8Array()),
  ),
})

it('records come out of a message as they went in', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1 }), (records) => {
      const sent = packRecords(records, source)
      const received = structuredClone(sent, { transfer: [sent.values.buffer] })
      expect(unpackRecords(received).map(plain)).toEqual(records.map(plain))
    }),
  )
})

it('text headers come out as they went in, whatever their number and characters', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'))
  const headers = fc.dictionary(
    fc.oneof(
      text.filter((name) => name !== ''),
      fc.constant('__proto__'),
    ),
    text,
  )
  fc.assert(
    fc.property(fc.array(headers, { minLength: 1 }), (all) => {
      const records = all.map((each, offset) => ({
        ...{ topic: 't', partition: offset % 3, offset, timestamp: 0, key: null, value: null },
        headers: { ...each },
      }))
      const packed = packRecords(records, source)
      expect(packed.headers).toBeTypeOf('string')
      expect(unpackRecords(packed)).toEqual(records)
    }),
  )
})

/** Header maps of fast-check have no prototype, ours have. */
function plain(one: { headers: Readonly<Record<string, string | Uint8Array>> }) {
  return { ...one, headers: { ...one.headers } }
}
