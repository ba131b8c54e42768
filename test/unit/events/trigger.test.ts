import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toTriggerEvent, triggeredRecords } from '#shared/domain/events/trigger.ts'

const source = { eventSource: 'aws:kafka', bootstrapServers: 'b:9098' } as const
const bare = { topic: 't', partition: 0, timestamp: 5, key: null, value: null }
const headersAfter = (headers: Readonly<Record<string, string | Uint8Array>>) => {
  const event = JSON.parse(
    JSON.stringify(toTriggerEvent([{ ...bare, offset: 0, headers }], source)),
  )
  return triggeredRecords(event)[0]?.headers
}

it('header texts of any characters and length survive the trigger event', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 2_000 })
  fc.assert(
    fc.property(text, (value) => {
      expect(headersAfter({ name: value })).toEqual({ name: value })
    }),
  )
})

it('header bytes that are no UTF-8 stay bytes, and bytes may be signed', () => {
  expect(headersAfter({ raw: Uint8Array.of(255, 0) })).toEqual({ raw: Buffer.of(255, 0) })
  const signed = { name: [-61, -87] }
  const records = { 't-0': [{ ...toTriggerEvent([], source), ...bareRecord, headers: [signed] }] }
  expect(triggeredRecords({ ...source, records })[0]?.headers).toEqual({ name: 'é' })
})

const bareRecord = {
  ...{ topic: 't', partition: 0, offset: 0, timestamp: 5 },
  timestampType: 'CREATE_TIME',
} as const

it('a header called __proto__ is a header like any other', () => {
  const headers = JSON.parse('{"__proto__":"x"}')
  expect(Object.entries(headersAfter(headers) ?? {})).toEqual([['__proto__', 'x']])
})
