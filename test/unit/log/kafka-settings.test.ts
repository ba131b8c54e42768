import { describe, expect, it } from 'vitest'
import { toFailure } from '#shared/adapters/kafka/failure.ts'
import { toLogRecord, writtenHeaders } from '#shared/adapters/kafka/records.ts'
import { kafkaSettings } from '#shared/adapters/kafka/settings.ts'

describe('a Kafka URL', () => {
  it('lists brokers', () => {
    expect(kafkaSettings('kafka://a:9092,b.example:9093').brokers).toEqual([
      'a:9092',
      'b.example:9093',
    ])
    expect(kafkaSettings('kafka://[::1]:9092').brokers).toEqual(['[::1]:9092'])
  })

  it.each(['kafka://', 'kafka://a', 'kafka://a:9092,', 'kafka://a:9092/topic', 'http://a:1'])(
    'is refused as %s',
    (url) => {
      expect(() => kafkaSettings(url)).toThrow('kafka://host:port')
    },
  )
})

describe('an error of Kafka', () => {
  const wrapped = (type: string) =>
    new Error('retried', {
      cause: new Error('again', { cause: Object.assign(new Error(), { type }) }),
    })

  it.each([
    { type: 'UNKNOWN_TOPIC_OR_PARTITION', kind: 'NotFound' },
    { type: 'MESSAGE_TOO_LARGE', kind: 'TooLarge' },
    { type: 'NOT_ENOUGH_REPLICAS', kind: 'Unavailable' },
  ])('$type is $kind, however deep it is wrapped', ({ type, kind }) => {
    expect(toFailure(wrapped(type)).kind).toBe(kind)
  })
})

describe('a record of Kafka', () => {
  it('has text headers where the bytes are text, and of two with one name the last', () => {
    const headers = { a: Buffer.from('é'), b: [Buffer.from('1'), Buffer.from('2')], c: null }
    const message = { offset: '7', timestamp: '9', key: null, value: null, headers }
    expect(toLogRecord('t', 1, message)).toEqual({
      ...{ topic: 't', partition: 1, offset: 7, timestamp: 9, key: null, value: null },
      headers: { a: 'é', b: '2', c: '' },
    })
    const bytes = new Uint8Array([255, 1])
    expect(writtenHeaders({ raw: bytes, text: 'x' })).toEqual({
      raw: Buffer.from(bytes),
      text: 'x',
    })
  })
})
