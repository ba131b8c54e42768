import { describe, expect, it } from 'vitest'
import type { SourceSettings } from '#shared/domain/access.ts'
import { receiver } from '#test/support/intake.ts'

const hook = { source: 'shop', type: 'hooks.execution.completed', data: {} }

describe('the native form', () => {
  it.each<[string, object]>([
    ['/source', { source: undefined }],
    ['/source', { source: 'x'.repeat(513) }],
    ['/type', { type: null }],
    ['/type', { type: ['a'] }],
    ['/id', { id: 5 }],
    ['/id', { id: 'tab\there' }],
    ['/id', { id: '' }],
    ['/time', { time: '2026-02-30T00:00:00Z' }],
    ['/time', { time: 5 }],
    ['/session', { session: {} }],
    ['/traceparent', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }],
    ['/data', { data: undefined }],
    ['/sesion', { sesion: 's' }],
    ['/__proto__', JSON.parse('{"__proto__": 1}')],
  ])('names %s as wrong in %j', async (pointer, members) => {
    const { post, records } = receiver()
    const body = Object.assign(Object.create(null), hook)
    for (const [name, value] of Object.entries(members)) {
      Object.defineProperty(body, name, { value, enumerable: true })
    }
    await expect(post({ body })).rejects.toMatchObject({
      kind: 'InvalidInput',
      errors: [{ pointer }],
    })
    expect(records).toEqual([])
  })

  it('becomes the log’s attributes', async () => {
    const { post, records } = receiver()
    const body = {
      ...hook,
      id: 'mine',
      subject: 'order 7',
      time: '2026-02-01T12:00:00+01:00',
      session: 's',
      parent_session: 'p',
      correlation_id: 'c',
      causation_id: 'b',
      data: { operation: 'pay', outcome: 'failed', duration_ms: 0.25, call_id: 'x' },
    }
    await post({ body })
    expect(records).toMatchObject([
      {
        topic: 'hooks.execution',
        key: 's',
        headers: {
          ce_specversion: '1.0',
          ce_id: 'mine',
          ce_source: 'shop',
          ce_type: 'hooks.execution.completed',
          ce_time: '2026-02-01T12:00:00+01:00',
          ce_subject: 'order 7',
          ce_sessionid: 's',
          ce_parentsessionid: 'p',
          ce_correlationid: 'c',
          ce_causationid: 'b',
          ce_operation: 'pay',
          ce_phase: 'after',
          ce_outcome: 'error',
          ce_durationms: '0.25',
          ce_callid: 'x',
          'content-type': 'application/json',
        },
      },
    ])
    expect(JSON.parse(Buffer.from(records[0]?.value ?? []).toString())).toEqual(body.data)
  })

  it('takes null for what may be left out, and any JSON for data', async () => {
    const { post, records } = receiver()
    await post({ body: { ...hook, id: null, session: null, time: null, data: null } })
    expect(Buffer.from(records[0]?.value ?? []).toString()).toBe('null')
    expect(records[0]?.key).toBe('shop')
  })

  it('of a type nobody knows goes to hooks.custom', async () => {
    const { post, records } = receiver()
    await post({ body: [hook, { ...hook, type: 'order.paid' }, { ...hook, type: 'paid' }] })
    expect(records.map(({ topic }) => topic)).toEqual([
      'hooks.execution',
      'hooks.custom',
      'hooks.custom',
    ])
  })

  it('twice with one id in one array is accepted twice', async () => {
    const { post, records } = receiver()
    await post({ body: [1, 2].map(() => ({ ...hook, id: 'same' })) })
    expect(records).toHaveLength(2)
  })

  it.each(['native', 'cloudevents'] as const)(
    'and CloudEvents have the name of a %s source for theirs',
    async (dialect) => {
      const settings: SourceSettings = { name: 'peer', dialect, sealedSecrets: [] }
      const { post, records } = receiver([settings])
      const isNative = dialect === 'native'
      await post({
        source: 'peer',
        body: isNative ? hook : { specversion: '1.0', id: '1', source: 'shop', type: 't' },
        headers: isNative ? {} : { 'content-type': 'application/cloudevents+json' },
      })
      expect(records[0]?.headers).toMatchObject({ ce_source: 'peer', ce_originsource: 'shop' })
    },
  )
})
