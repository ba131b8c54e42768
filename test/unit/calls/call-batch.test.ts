import { hash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bodyTap } from '#shared/adapters/capture/body-tap.ts'
import { packCalls, unpackCalls } from '#shared/adapters/capture/call-batch.ts'
import { aCall, aMessage } from '#test/support/calls.ts'

const rules = { mode: 'full', maxBodyBytes: 100 } as const

it('calls come out of a batch as they went in', () => {
  const message = fc
    .record({ body: fc.uint8Array({ maxLength: 200 }), headers: fc.array(fc.string()) })
    .map(({ body, headers }) => aMessage({ body, rawHeaders: headers }))
  const call = fc
    .record({ request: message, response: fc.option(message, { nil: undefined }) })
    .map(({ request, response }) => {
      const { response: _, ...rest } = aCall({ request })
      return { call: response ? { ...rest, response } : rest, rules }
    })
  fc.assert(
    fc.property(fc.array(call, { maxLength: 8 }), (calls) => {
      const plain = (each: unknown): unknown =>
        JSON.parse(
          JSON.stringify(each, (_, value) =>
            value instanceof Uint8Array ? [...value] : (value?.data ?? value),
          ),
        )
      expect(plain(unpackCalls(packCalls(calls)))).toEqual(plain(calls))
    }),
  )
})

it('a tap keeps the first bytes, counts all, and takes the digest of all', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), fc.nat(120), (chunks, most) => {
      const tap = bodyTap(most, true)
      for (const chunk of chunks) {
        const given = Buffer.from(chunk)
        tap.add(given)
        given.fill(0)
      }
      const whole = Buffer.concat(chunks)
      const { kept, bytes, digest } = tap.seen()
      expect(Buffer.from(kept)).toEqual(whole.subarray(0, most))
      expect(bytes).toBe(whole.byteLength)
      expect(digest).toBe(hash('sha256', whole, 'hex'))
      expect(bodyTap(most, false).seen().digest).toBeUndefined()
    }),
  )
})
