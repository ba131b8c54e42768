import fc from 'fast-check'
import { expect, it } from 'vitest'
import { packRecords, unpackRecords } from '#local/lambda/pack-records.ts'

const source = { eventSource: 'SelfManagedKafka', bootstrapServers: 'b:9092' } as const
const record = fc.record({
  topic: fc.constant('hooks.custom'),
  partition: fc.constant(2),
  offset: fc.nat(),
  timestamp: fc.nat(),
  key: fc.option(fc.string()),
  value: fc.option(fc.uint8Array()),
  headers: fc.dictionary(
    fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
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

/** Header maps of fast-check have no prototype, ours have. */
function plain(one: { headers: Readonly<Record<string, string | Uint8Array>> }) {
  return { ...one, headers: { ...one.headers } }
}
