import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBody, toBody } from '#shared/adapters/postgres/log-body.ts'
import { type PlacedRecord, spans, toSlices } from '#shared/adapters/postgres/log-slices.ts'

const decodes = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const aRecord = fc.record({
  topic: fc.constant('t'),
  key: fc.option(fc.string({ unit: 'binary' })),
  value: fc.option(fc.uint8Array({ maxLength: 40 })),
  headers: fc.dictionary(fc.string(), fc.string({ unit: 'binary' }), { noNullPrototype: true }),
})

const row = { topic: 't', partition: 3, timestamp: 99, baseOffset: 100 }

describe('a row of the log', () => {
  it('gives back the records that it was made of', () => {
    fc.assert(
      fc.property(fc.array(aRecord, { minLength: 1, maxLength: 8 }), (records) => {
        const read = fromBody(toBody(records), row)
        expect(read.map(({ offset }) => offset)).toEqual(records.map((_, nr) => 100 + nr))
        expect(read.map(({ key, headers }) => ({ key, headers }))).toEqual(
          records.map(({ key, headers }) => ({ key, headers })),
        )
        expect(read.map(({ value }) => value && decodes(value))).toEqual(
          records.map(({ value }) => value && decodes(value)),
        )
      }),
    )
  })

  it('keeps a header that is no text as bytes, and one that is as text', () => {
    const bytes = Buffer.from([0xff, 0x00])
    const headers = { bytes, text: Buffer.from('é') }
    const [read] = fromBody(toBody([{ topic: 't', key: null, value: null, headers }]), row)
    expect(read?.headers.text).toBe('é')
    expect([...(read?.headers.bytes ?? [])]).toEqual([0xff, 0])
  })
})

describe('cutting an append into rows', () => {
  const place = (partitionId: number, value: string, bytes = 10): PlacedRecord => ({
    record: { topic: 't', key: null, value: Buffer.from(value), headers: {} },
    ...{ partition: partitionId - 10, partitionId, bytes },
  })

  it('orders partitions by id, and finds the position of each record again', () => {
    const { arrays, positions } = toSlices([place(12, 'a'), place(11, 'b'), place(12, 'c')])
    expect(arrays.slice(0, 3)).toEqual(['{11,12}', '{1,2}', '{0,0}'])
    expect(positions('11:5:6,12:70:72')).toEqual([
      { topic: 't', partition: 2, offset: 70 },
      { topic: 't', partition: 1, offset: 5 },
      { topic: 't', partition: 2, offset: 71 },
    ])
  })

  it('begins a new row after 500 records, or 256 KiB', () => {
    const many = Array.from({ length: 1_100 }, () => place(11, 'x'))
    expect(toSlices(many).arrays.slice(0, 3)).toEqual([
      '{11,11,11}',
      '{500,500,100}',
      '{0,500,1000}',
    ])
    const large = [place(11, 'x', 200_000), place(11, 'y', 100_000), place(11, 'z', 900_000)]
    expect(toSlices(large).arrays[1]).toBe('{1,1,1}')
  })

  it('says where each row’s bytes lie', () => {
    const { arrays, body } = toSlices([place(11, 'a'), place(12, 'bb')])
    const [starts, sizes] = arrays.slice(3).map((list) => list.slice(1, -1).split(',').map(Number))
    const rows = starts?.map((start, nr) =>
      body.subarray(start - 1, start - 1 + (sizes?.[nr] ?? 0)),
    )
    const values = rows?.map((bytes) => String(fromBody(bytes, row)[0]?.value))
    expect(values).toEqual(['a', 'bb'])
  })

  it('reads what an append answers', () => {
    expect(spans('')).toEqual([])
    expect(spans('3:0:2,14:100:101')).toEqual([
      { id: 3, first: 0, next: 2 },
      { id: 14, first: 100, next: 101 },
    ])
  })
})
