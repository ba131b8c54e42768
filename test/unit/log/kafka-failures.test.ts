import { describe, expect, it } from 'vitest'
import { askKafka, toFailure } from '#shared/adapters/kafka/failure.ts'
import { toLogRecord, writtenHeaders } from '#shared/adapters/kafka/records.ts'
import { Failure } from '#shared/errors.ts'

describe('an error of Kafka', () => {
  const wrapped = (type: string) =>
    new Error('retried', {
      cause: new Error('again', { cause: Object.assign(new Error(), { type }) }),
    })

  it('that kafkajs throws plainly for a connection that has just gone is an outage', async () => {
    const answer = Promise.reject(new Error('Broker not connected'))
    await expect(askKafka(answer, 1_000)).rejects.toMatchObject({ kind: 'Unavailable' })
  })

  it('that is none of Kafka, but a mistake of ours, stays what it is', async () => {
    const mistake = new TypeError('no function')
    await expect(askKafka(Promise.reject(mistake), 1_000)).rejects.toBe(mistake)
  })

  it.each([
    { type: 'UNKNOWN_TOPIC_OR_PARTITION', kind: 'NotFound' },
    { type: 'MESSAGE_TOO_LARGE', kind: 'TooLarge' },
    { type: 'NOT_ENOUGH_REPLICAS', kind: 'Unavailable' },
    { type: 'SASL_AUTHENTICATION_FAILED', kind: 'Misconfigured' },
    { type: 'TOPIC_AUTHORIZATION_FAILED', kind: 'Misconfigured' },
  ])('$type is $kind, however deep it is wrapped', ({ type, kind }) => {
    expect(toFailure(wrapped(type)).kind).toBe(kind)
  })

  it('names the command that makes a missing topic', () => {
    expect(toFailure(wrapped('UNKNOWN_TOPIC_OR_PARTITION')).message).toContain('npm run topics')
  })

  it('is our own failure where it began with one', () => {
    const failure = new Failure('Misconfigured', 'the secret is empty')
    expect(toFailure(new Error('retried', { cause: failure }))).toBe(failure)
  })

  it.each(['SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED'])(
    'tells a certificate that is not trusted (%s) from an outage',
    (code) => {
      const error = Object.assign(new Error('Connection error'), { code })
      expect(toFailure(error)).toMatchObject({ kind: 'Misconfigured', message: /ca=/ })
      expect(toFailure(Object.assign(error, { code: 'ECONNREFUSED' })).kind).toBe('Unavailable')
    },
  )
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
