import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SourceSettings } from '#shared/domain/access.ts'
import { gzipped, receiver, type TestRequest } from '#test/support/intake.ts'

const hook = { source: 'shop', type: 'hooks.execution.started', data: { operation: 'pay' } }
const token = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`
const MIB = 1_048_576

async function stored(request: TestRequest, sources: readonly SourceSettings[] = []) {
  const { post, records } = receiver(sources)
  const answer = JSON.parse((await post(request)).body)
  return { answer, records, headers: records[0]?.headers ?? {} }
}

describe('what reaches the log', () => {
  it('holds no secret, wherever the sender put it', async () => {
    const { answer, records } = await stored({
      body: {
        id: token,
        source: `https://ada:${token}@shop.example`,
        type: 'hooks.execution.started',
        subject: `push with ${token}`,
        session: token,
        correlation_id: token,
        data: { operation: token, call_id: token, nested: [{ log: `Bearer ${token}` }] },
      },
    })
    const text = JSON.stringify(records) + Buffer.from(records[0]?.value ?? []).toString()
    expect(text).not.toContain(token)
    expect(answer.accepted).toEqual([{ index: 0, id: records[0]?.headers.ce_id }])
  })

  it('keeps identifiers apart that look like secrets, and alike that are the same', async () => {
    const other = `ghp_${'z9Y8x7W6v5U4'.repeat(3)}`
    const body = [token, other, token].map((session) => ({ ...hook, session }))
    const { records } = await stored({ body })
    const [first, second, third] = records.map(({ headers }) => headers.ce_sessionid)
    expect(first).toMatch(/^sha256:[0-9a-f]{32}$/)
    expect(second).not.toBe(first)
    expect(third).toBe(first)
  })

  it('loses what the source’s own policy names', async () => {
    const settings: SourceSettings = {
      name: 'peer',
      dialect: 'generic',
      sealedSecrets: [],
      redact: { keys: ['patient'] },
    }
    const { records, headers } = await stored(
      { source: 'peer', body: { patient: 'Ada', ward: 7 } },
      [settings],
    )
    expect(Buffer.from(records[0]?.value ?? []).toString()).not.toContain('Ada')
    expect(headers.ce_redacted).toBe('1')
  })

  it('is the payload byte for byte where nothing was removed', async () => {
    const text = '{ "hook_event_name": "Stop",\n "n": 1.0, "u": "\\u00e9" }'
    const { records } = await stored({ source: 'codex', body: text })
    expect(Buffer.from(records[0]?.value ?? []).toString()).toBe(text)
  })

  it('carries the request’s trace where it is valid', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect((await stored({ body: hook, headers: { traceparent } })).headers.ce_traceparent).toBe(
      traceparent,
    )
    const invalid = { traceparent: traceparent.toUpperCase() }
    expect((await stored({ body: hook, headers: invalid })).headers).not.toHaveProperty(
      'ce_traceparent',
    )
  })

  it('has the time of arrival for a time where the sender gave none', async () => {
    const { headers } = await stored({ body: hook })
    expect(headers.ce_time).toBe('2026-03-01T12:00:00.000000Z')
    expect(headers.ce_recordedtime).toBe(headers.ce_time)
  })

  it.each([
    ['{data.order.id}-{source}', '7-peer'],
    ['{data.missing}', 'peer'],
    ['all/{session}', 'peer'],
  ])('has by the template %s the key %s', async (keyTemplate, key) => {
    const settings: SourceSettings = {
      name: 'peer',
      dialect: 'generic',
      sealedSecrets: [],
      keyTemplate,
    }
    const { records } = await stored({ source: 'peer', body: { order: { id: 7 } } }, [settings])
    expect(records[0]?.key).toBe(key)
  })
})

describe('a body of exactly 1 MiB', () => {
  const frame = JSON.stringify({ ...hook, data: '' }).length
  const body = JSON.stringify({ ...hook, data: 'a'.repeat(MIB - frame) })

  it('is taken, compressed too, and one byte more is not', async () => {
    expect(body).toHaveLength(MIB)
    expect((await stored({ body })).records).toHaveLength(1)
    const encoded = { 'content-encoding': 'gzip' }
    expect((await stored({ body: gzipSync(body), headers: encoded })).records).toHaveLength(1)
    const { post } = receiver()
    const over = { body: gzipSync(`${body} `), headers: encoded }
    await expect(post(over)).rejects.toMatchObject({ kind: 'TooLarge' })
    await expect(post({ body: `${body} ` })).rejects.toMatchObject({ kind: 'TooLarge' })
  })

  it('of gzip in gzip is no JSON', async () => {
    const twice = gzipSync(gzipped(hook))
    const { post } = receiver()
    await expect(
      post({ body: twice, headers: { 'content-encoding': 'gzip' } }),
    ).rejects.toMatchObject({ kind: 'Malformed' })
  })
})

describe('a log that fails', () => {
  it('in any way is told as 503, and nothing is accepted', async () => {
    const { post } = receiver([], async () => {
      throw new TypeError('a driver’s own error')
    })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), async (count) => {
        await expect(post({ body: Array(count).fill(hook) })).rejects.toMatchObject({
          kind: 'Unavailable',
          retryAfterS: 1,
        })
      }),
      { numRuns: 20 },
    )
  })
})
