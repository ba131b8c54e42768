import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import type { SessionDetail } from '#shared/ports/recorded-sessions.ts'
import { eventually, type HttpClient, httpClient, settled } from '#test/support/http-client.ts'
import { type System, startSystem } from '#test/support/system.ts'

type Receipt = Readonly<{
  accepted: readonly Readonly<{ index: number; id: string }>[]
  rejected: readonly Readonly<{ index: number }>[]
}>

const SECRET = Buffer.from('a secret of thirty-two bytes, yes').toString('base64')

describe('the intake', () => {
  let system: System
  let client: HttpClient

  beforeAll(async () => {
    system = await startSystem()
    client = httpClient(system.address, system.key)
  })
  afterAll(() => system.stop())

  const event = (id: string) =>
    eventually(`event ${id} is readable`, async () => {
      const { status, body } = await client.get<RecordedEvent>(`/events/${id}`)
      return status === 200 ? body : undefined
    })

  describe('takes hooks', () => {
    it('in native form, alone', async () => {
      const sent = {
        id: 'native-1',
        source: 'test/native',
        type: 'orders.made',
        data: { total: 3 },
      }
      const { status, body, headers } = await client.post<Receipt>('/hooks', sent)
      expect(status).toBe(202)
      expect(body).toEqual({ accepted: [{ index: 0, id: 'native-1' }], rejected: [] })
      expect(headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
      expect(await event('native-1')).toMatchObject({
        source: 'test/native',
        topic: 'hooks.custom',
        operation: 'orders.made',
        data: { total: 3 },
      })
    })

    it('in native form, many, and says which it refused', async () => {
      const { status, body } = await client.post<Receipt>('/hooks', [
        { id: 'many-1', source: 'test/native', type: 'a.b', data: {} },
        { id: 'many-2', source: 'test/native', data: {} },
      ])
      expect(status).toBe(202)
      expect(body.accepted).toEqual([{ index: 0, id: 'many-1' }])
      expect(body.rejected.map(({ index }) => index)).toEqual([1])
    })

    it('as a CloudEvent in binary mode', async () => {
      const headers = {
        'ce-specversion': '1.0',
        'ce-id': 'binary-1',
        'ce-source': '/test/binary',
        'ce-type': 'io.example.made',
        'ce-extra': 'kept',
        'content-type': 'text/plain',
      }
      const { status } = await client.post('/hooks', 'plain words', { headers })
      expect(status).toBe(202)
      expect(await event('binary-1')).toMatchObject({
        source: '/test/binary',
        extensions: { extra: 'kept' },
        data: 'plain words',
      })
    })

    it.each([
      { dialect: 'generic', body: { any: 'thing' }, headers: () => ({}) },
      {
        dialect: 'github',
        body: { action: 'opened', number: 7, repository: { full_name: 'a/b' } },
        headers: (text: string) => ({
          'x-github-event': 'pull_request',
          'x-github-delivery': 'a7b1c9d0-1111-4222-8333-444455556666',
          'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(text).digest('hex')}`,
        }),
      },
      {
        dialect: 'standard-webhooks',
        body: { type: 'invoice.paid', timestamp: '2026-01-01T00:00:00Z', data: { id: 1 } },
        headers: (text: string) => {
          const seconds = Math.floor(Date.now() / 1_000)
          const signed = createHmac('sha256', Buffer.from(SECRET, 'base64'))
            .update(`msg_1.${seconds}.${text}`)
            .digest('base64')
          return {
            'webhook-id': 'msg_1',
            'webhook-timestamp': String(seconds),
            'webhook-signature': `v1,${signed}`,
          }
        },
      },
      {
        dialect: 'stripe',
        body: { id: 'evt_1', object: 'event', type: 'charge.failed', created: 1_700_000_000 },
        headers: (text: string) => {
          const seconds = Math.floor(Date.now() / 1_000)
          const signed = createHmac('sha256', SECRET).update(`${seconds}.${text}`).digest('hex')
          return { 'stripe-signature': `t=${seconds},v1=${signed}` }
        },
      },
      {
        dialect: 'slack',
        body: {
          type: 'event_callback',
          event_id: 'Ev1',
          team_id: 'T1',
          event: { type: 'message' },
        },
        headers: (text: string) => {
          const seconds = Math.floor(Date.now() / 1_000)
          const signed = createHmac('sha256', SECRET).update(`v0:${seconds}:${text}`).digest('hex')
          return {
            'x-slack-request-timestamp': String(seconds),
            'x-slack-signature': `v0=${signed}`,
          }
        },
      },
    ])('of the dialect $dialect', async ({ dialect, body, headers }) => {
      const source = `my-${dialect}`
      const secret = dialect === 'standard-webhooks' ? `whsec_${SECRET}` : SECRET
      const settings = { dialect, ...(dialect === 'generic' ? {} : { secrets: [secret] }) }
      const made = await client.put(`/sources/${source}`, settings)
      expect([200, 201], JSON.stringify(made.body)).toContain(made.status)

      const text = JSON.stringify(body)
      const key = dialect === 'generic' ? client.key : null
      // Intake knows a new source once its snapshot is renewed, within 5 s.
      await eventually(`${dialect} is accepted`, async () => {
        const answer = await client.post(`/hooks/${source}`, text, { headers: headers(text), key })
        return answer.status < 300 ? answer : Promise.reject(new Error(JSON.stringify(answer)))
      })
      const [recorded] = await eventually(`${dialect} is recorded`, async () => {
        const events = await client.all<RecordedEvent>(`/events?source=${source}`)
        return events.length > 0 ? events : undefined
      })
      expect(recorded?.data).toEqual(body)
      if (key !== null) return
      const unsigned = await client.post(`/hooks/${source}`, text, { key })
      expect(unsigned.status).toBe(401)
    })

    it('of an agent, and answers in its protocol', async () => {
      const session_id = 'agent-session-1'
      const call = { session_id, tool_name: 'Bash', tool_use_id: 'toolu_1', tool_input: {} }
      for (const more of [
        { hook_event_name: 'PreToolUse' },
        { hook_event_name: 'PostToolUse', tool_response: { ok: true }, duration_ms: 42 },
      ]) {
        const { status, body } = await client.post('/hooks/claude-code', { ...call, ...more })
        expect(status).toBe(200)
        expect(body).toEqual({})
      }
      await settled(client)
      const { body } = await client.get<SessionDetail>(`/sessions/${session_id}`)
      expect(body).toMatchObject({ id: session_id, events: 2, executions: 1, errors: 0 })
      expect(body.calls).toMatchObject([{ operation: 'Bash', outcome: 'ok', duration_ms: 42 }])
    })
  })

  describe('refuses', () => {
    it.each([
      { what: 'no key', key: null },
      { what: 'a wrong key', key: 'x'.repeat(43) },
    ])('$what, for writing and for reading', async ({ key }) => {
      const body = { source: 's', type: 'a.b', data: {} }
      for (const { status, headers } of [
        await client.post('/hooks', body, { key }),
        await client.get('/events', { key }),
      ]) {
        expect(status).toBe(401)
        expect(headers.get('content-type')).toContain('application/problem+json')
      }
    })

    it.each([
      { what: 'no JSON', body: '{"a":', status: 400 },
      { what: 'nothing valid', body: [{ nothing: 1 }], status: 422 },
      { what: 'too much', body: `{"data":"${'x'.repeat(1_048_577)}"}`, status: 413 },
    ])('$what', async ({ body, status }) => {
      expect((await client.post('/hooks', body)).status).toBe(status)
    })
  })
})
