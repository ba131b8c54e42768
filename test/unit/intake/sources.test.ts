import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import type { Dialect, SourceSettings } from '#shared/domain/access.ts'
import { NOW_MS, receiver } from '#test/support/intake.ts'

const OLD = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
const NEW = `whsec_${Buffer.alloc(24, 2).toString('base64')}`
const hex = (secret: string, text: string) =>
  createHmac('sha256', secret).update(text).digest('hex')

const source = (dialect: Dialect, more: Partial<SourceSettings> = {}): SourceSettings => ({
  name: 'peer',
  dialect,
  sealedSecrets: [NEW, OLD],
  ...more,
})

/** How a sender of each dialect signs a body with a secret at a time. */
const signers: Partial<
  Record<Dialect, (body: string, secret: string, seconds: number) => Record<string, string>>
> = {
  github: (body, secret) => ({
    'X-GitHub-Event': 'pull_request',
    'X-GitHub-Delivery': 'd-1',
    'X-Hub-Signature-256': `sha256=${hex(secret, body)}`,
  }),
  stripe: (body, secret, seconds) => ({
    'Stripe-Signature': `t=${seconds},v1=${'0'.repeat(64)},v1=${hex(secret, `${seconds}.${body}`)},v0=x`,
  }),
  slack: (body, secret, seconds) => ({
    'X-Slack-Request-Timestamp': String(seconds),
    'X-Slack-Signature': `v0=${hex(secret, `v0:${seconds}:${body}`)}`,
  }),
  'standard-webhooks': (body, secret, seconds) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,AAAA ${new Webhook(secret).sign('msg_1', new Date(seconds * 1_000), body)}`,
  }),
}

const bodies: Partial<Record<Dialect, unknown>> = {
  github: { action: 'opened', repository: { full_name: 'a/b' } },
  stripe: { id: 'evt_1', type: 'charge.failed', created: 1_772_366_400, data: { object: {} } },
  slack: {
    type: 'event_callback',
    event_id: 'Ev1',
    event: { type: 'app_mention' },
    event_time: 1_772_366_400,
  },
  'standard-webhooks': { type: 'invoice.paid', timestamp: '2026-03-01T11:59:00Z', data: { a: 1 } },
}

const ids: Partial<Record<Dialect, string>> = {
  github: 'd-1',
  stripe: 'evt_1',
  slack: 'Ev1',
  'standard-webhooks': 'msg_1',
}
const operations: Partial<Record<Dialect, string>> = {
  github: 'pull_request.opened',
  stripe: 'charge.failed',
  slack: 'app_mention',
  'standard-webhooks': 'invoice.paid',
}
const now = Math.floor(NOW_MS / 1_000)

describe.each(Object.keys(signers) as Dialect[])('a %s source', (dialect) => {
  const body = JSON.stringify(bodies[dialect])
  const send = (headers: Record<string, string>, text = body) => {
    const { post, records } = receiver([source(dialect)])
    return { answer: post({ source: 'peer', body: text, key: null, headers }), records }
  }
  const signed = (secret: string, seconds = now) => signers[dialect]?.(body, secret, seconds) ?? {}

  it.each([
    ['the newer secret', NEW],
    ['the older secret', OLD],
  ])('is let in by a signature of %s, and keeps its id', async (_which, secret) => {
    const { answer, records } = send(signed(secret))
    expect((await answer).statusCode).toBe(202)
    expect(records[0]?.headers).toMatchObject({ ce_id: ids[dialect], ce_source: 'peer' })
    if (dialect !== 'standard-webhooks')
      expect(records[0]?.headers.ce_operation).toBe(operations[dialect])
    expect(Buffer.from(records[0]?.value ?? []).toString()).toBe(body)
  })

  it.each([
    ['another secret', () => signed(`whsec_${Buffer.alloc(24, 3).toString('base64')}`)],
    ['no signature', () => ({})],
  ])('is refused with %s', async (_which, headers) => {
    await expect(send(headers()).answer).rejects.toMatchObject({ kind: 'Unauthenticated' })
  })

  it('is refused when a byte of the body changed', async () => {
    const { answer } = send(signed(NEW), body.replace('{', '{ '))
    await expect(answer).rejects.toMatchObject({ kind: 'Unauthenticated' })
  })

  it.skipIf(dialect === 'github')('is refused when the signature is older than 300 s', async () => {
    await expect(send(signed(NEW, now - 301)).answer).rejects.toMatchObject({
      kind: 'Unauthenticated',
    })
    expect((await send(signed(NEW, now - 299)).answer).statusCode).toBe(202)
  })
})

describe('sources', () => {
  it('echoes the challenge of Slack and stores nothing', async () => {
    const { post, records } = receiver([source('slack')])
    const body = JSON.stringify({ type: 'url_verification', challenge: 'c-1' })
    const headers = signers.slack?.(body, NEW, now) ?? {}
    const answer = await post({ source: 'peer', body, key: null, headers })
    expect(JSON.parse(answer.body)).toEqual({ challenge: 'c-1' })
    expect(records).toEqual([])
  })

  it('takes topic and partition key from its settings', async () => {
    const settings = source('generic', {
      sealedSecrets: [],
      topic: 'tools.calls',
      keyTemplate: '{data.order.id}/{subject}',
    })
    const { post, records } = receiver([settings])
    await post({ source: 'peer', body: { type: 'order.paid', order: { id: 7 } } })
    expect(records[0]).toMatchObject({ topic: 'tools.calls', key: '7/' })
  })

  it.each(['claude-code', 'cursor', 'codex'])(
    'takes hooks of %s with a key and decides nothing',
    async (name) => {
      const { post, records } = receiver()
      const payload = {
        session_id: 's',
        conversation_id: 's',
        hook_event_name: name === 'cursor' ? 'preToolUse' : 'PreToolUse',
        tool_name: 'Bash',
        tool_use_id: 't',
        unheard_of: [1],
      }
      const answer = await post({ source: name, body: payload })
      expect(answer).toMatchObject({ statusCode: 200, body: '{}' })
      expect(records[0]?.headers).toMatchObject({
        ce_operation: 'Bash',
        ce_phase: 'before',
        ce_callid: 't',
        ce_sessionid: 's',
      })
      expect(JSON.parse(Buffer.from(records[0]?.value ?? []).toString())).toEqual(payload)
    },
  )

  it('makes two events of two equal payloads', async () => {
    const { post, records } = receiver()
    const payload = { session_id: 's', hook_event_name: 'Stop' }
    await post({ source: 'claude-code', body: payload })
    await post({ source: 'claude-code', body: payload })
    expect(new Set(records.map(({ headers }) => headers.ce_id)).size).toBe(2)
  })

  it('does not let a key in where signatures are expected', async () => {
    const { post } = receiver([source('github')])
    const headers = { 'X-GitHub-Event': 'ping', 'X-GitHub-Delivery': 'd' }
    await expect(post({ source: 'peer', body: {}, headers })).rejects.toMatchObject({
      kind: 'Unauthenticated',
    })
  })
})
