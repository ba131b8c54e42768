import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '#shared/errors.ts'
import { EXPIRED, gzipped, READER, receiver, type TestRequest } from '#test/support/intake.ts'

const hook = { source: 'shop', type: 'hooks.execution.started', data: { operation: 'pay' } }
const json = (text: string) => ({ body: text })
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

async function statusOf(request: TestRequest): Promise<number> {
  const { post } = receiver()
  try {
    return (await post(request)).statusCode
  } catch (error) {
    if (error instanceof Failure) return error.status
    throw error
  }
}

describe('POST /hooks', () => {
  it('stores what it accepts under the id it answers', async () => {
    const { post, records } = receiver()
    const answer = JSON.parse((await post({ body: hook })).body)
    expect(answer.rejected).toEqual([])
    expect(records.map(({ headers }) => headers.ce_id)).toEqual([answer.accepted[0].id])
    expect(records[0]?.topic).toBe('hooks.execution')
  })

  it('takes the valid events of an array and says what is wrong with the others', async () => {
    const { post, records } = receiver()
    const body = [hook, { ...hook, type: '', time: 'lunchtime' }, { ...hook, id: 'mine' }]
    const { statusCode, body: text } = await post({ body })
    const { accepted, rejected } = JSON.parse(text)
    expect(statusCode).toBe(202)
    expect(accepted.map(({ index }: { index: number }) => index)).toEqual([0, 2])
    expect(rejected[0].index).toBe(1)
    expect(rejected[0].problem.errors.map((e: { pointer: string }) => e.pointer).sort()).toEqual([
      '/1/time',
      '/1/type',
    ])
    expect(records).toHaveLength(2)
  })

  it.each(['tool-proxy', 'service-watcher'])(
    'takes no event that speaks for the bridge itself: %s',
    async (source) => {
      const { post, records } = receiver()
      const body = { ...hook, source, type: 'tools.calls.completed' }
      const errors = [{ pointer: '/source', detail: "is one of the bridge's own" }]
      await expect(post({ body })).rejects.toMatchObject({ kind: 'InvalidInput', errors })
      const { rejected } = JSON.parse((await post({ body: [hook, body] })).body)
      expect(rejected[0].problem.errors[0].pointer).toBe('/1/source')
      expect(records).toHaveLength(1)
    },
  )

  it('stamps arrivals that strictly increase, so that an array keeps its order', async () => {
    const { post, records } = receiver()
    await post({ body: [hook, hook, hook] })
    const arrivals = records.map(({ headers }) => String(headers.ce_recordedtime))
    expect(arrivals).toEqual([...new Set(arrivals)].sort())
  })

  it('removes secrets before the log and counts them', async () => {
    const { post, records } = receiver()
    await post({ body: { ...hook, data: { password: 'hunter2hunter2' } } })
    expect(Buffer.from(records[0]?.value ?? []).toString()).not.toContain('hunter2')
    expect(records[0]?.headers.ce_redacted).toBe('1')
  })

  it.each<[string, number, TestRequest]>([
    ['gzip is undone', 202, { body: gzipped(hook), headers: { 'content-encoding': 'gzip' } }],
    ['a byte order mark is no part of JSON', 202, json(`\uFEFF${JSON.stringify(hook)}`)],
    ['a body that is no JSON', 400, json('{"a":')],
    ['no body', 400, { body: '' }],
    ['a body that is not UTF-8', 400, { body: Buffer.from([0x22, 0xff, 0x22]) }],
    ['more than 64 levels', 400, json(deep(65))],
    ['a name twice', 400, json('{"source":"a","source":"b","type":"t","data":1}')],
    ['half a character', 400, json('{"source":"a","type":"t","data":"\\ud800"}')],
    ['NUL', 400, json('{"source":"a","type":"t","data":"\\u0000"}')],
    ['a number beyond 2^53', 400, json('{"source":"a","type":"t","data":9007199254740993}')],
    [
      'a broken gzip stream',
      400,
      { body: gzipped(hook).subarray(0, 20), headers: { 'content-encoding': 'gzip' } },
    ],
    ['no key', 401, { body: hook, key: null }],
    ['an unknown key', 401, { body: hook, key: 'omni_nobody' }],
    ['an expired key', 401, { body: hook, key: EXPIRED }],
    ['a key without the role', 403, { body: hook, key: READER }],
    ['an unknown source', 404, { body: hook, source: 'nowhere' }],
    ['more than 1 MiB', 413, json(`"${'a'.repeat(1_048_576)}"`)],
    [
      'a bomb',
      413,
      { body: gzipped('a'.repeat(5_000_000)), headers: { 'content-encoding': 'gzip' } },
    ],
    ['1001 events', 413, { body: Array(1_001).fill(hook) }],
    ['another media type', 415, { body: hook, headers: { 'content-type': 'text/plain' } }],
    [
      'another charset',
      415,
      { body: hook, headers: { 'content-type': 'application/json; charset=latin1' } },
    ],
    ['another encoding', 415, { body: hook, headers: { 'content-encoding': 'br' } }],
    [
      'an unknown CloudEvents format',
      415,
      { body: hook, headers: { 'content-type': 'application/cloudevents+xml' } },
    ],
    ['a text', 422, { body: '"hook"' }],
    ['an empty array', 422, { body: [] }],
    ['a wrong type of field', 422, { body: { ...hook, type: 5 } }],
    ['an unknown field', 422, { body: { ...hook, sesion: 'typo' } }],
    ['nothing accepted', 422, { body: [{}, 1] }],
  ])('answers %s with %i', async (_what, status, request) => {
    expect(await statusOf(request)).toBe(status)
  })

  it.each(['Unavailable', 'NotFound'] as const)(
    'answers 503 when the log says %s',
    async (kind) => {
      const { post } = receiver([], async () => {
        throw new Failure(kind, 'the log is away')
      })
      await expect(post({ body: hook })).rejects.toMatchObject({ kind: 'Unavailable' })
    },
  )

  it('never fails on any input, and never accepts without a record', async () => {
    const { post, records } = receiver()
    const headers = fc.dictionary(
      fc.constantFrom(
        'content-type',
        'content-encoding',
        'ce-id',
        'ce-specversion',
        'ce-type',
        'traceparent',
      ),
      fc.oneof(
        fc.string(),
        fc.constantFrom('application/json', 'application/cloudevents+json', '1.0', 'gzip'),
      ),
    )
    const body = fc.oneof(fc.uint8Array(), fc.json(), fc.string())
    const source = fc.constantFrom(undefined, 'claude-code', 'cursor', 'codex')
    await fc.assert(
      fc.asyncProperty(headers, body, source, async (headers, body, source) => {
        const before = records.length
        try {
          const answer = await post({ headers, body, ...(source ? { source } : {}) })
          const taken = answer.statusCode === 202 ? JSON.parse(answer.body).accepted.length : 1
          expect(records.length - before).toBe(taken)
        } catch (error) {
          expect(error).toBeInstanceOf(Failure)
          expect((error as Failure).status).toBeLessThan(500)
          expect(records.length).toBe(before)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('the CloudEvents handshake', () => {
  it('consents to the origin that asks, without a key', async () => {
    const headers = { 'webhook-request-origin': 'events.example.com' }
    const answer = await receiver().post({ method: 'OPTIONS', headers, key: null })
    expect(answer.headers).toMatchObject({
      'webhook-allowed-origin': 'events.example.com',
      'webhook-allowed-rate': '*',
    })
  })

  it('gives no consent where nobody asks', async () => {
    const answer = await receiver().post({ method: 'OPTIONS', key: null })
    expect(answer.headers).not.toHaveProperty('webhook-allowed-origin')
  })
})
