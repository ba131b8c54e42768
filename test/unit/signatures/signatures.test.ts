import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { githubSignature } from '#shared/domain/signatures/github.ts'
import { slackSignature } from '#shared/domain/signatures/slack.ts'
import { standardWebhooksSignature } from '#shared/domain/signatures/standard-webhooks.ts'
import { stripeSignature } from '#shared/domain/signatures/stripe.ts'

const NOW_S = 1_772_366_400
const NOW_MS = NOW_S * 1_000
const whsec = (fill: number) => `whsec_${Buffer.alloc(24, fill).toString('base64')}`
const hex = (secret: string, text: string) =>
  createHmac('sha256', secret).update(text).digest('hex')

describe('a Standard Webhooks signature', () => {
  const check = (headers: Record<string, string>, secrets: string[], body = '{}') =>
    standardWebhooksSignature({ headers, body: Buffer.from(body) }, secrets, NOW_MS)
  const signed = (secret: string, body = '{}', id = 'msg_1', seconds = NOW_S) => ({
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': new Webhook(secret).sign(id, new Date(seconds * 1_000), body),
  })

  it('of the reference library is valid for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (body) => {
        expect(check(signed(whsec(1), body), [whsec(2), whsec(1)], body)).toBe('valid')
      }),
    )
  })

  it('covers bytes that are no UTF-8', () => {
    const body = Buffer.from([0xff, 0xfe, 0])
    const mac = createHmac('sha256', Buffer.alloc(24, 1)).update(`m.${NOW_S}.`).update(body)
    const headers = {
      'webhook-id': 'm',
      'webhook-timestamp': String(NOW_S),
      'webhook-signature': `v1,${mac.digest('base64')}`,
    }
    expect(standardWebhooksSignature({ headers, body }, [whsec(1)], NOW_MS)).toBe('valid')
  })

  it.each([
    [-301, 'stale'],
    [-300, 'valid'],
    [300, 'valid'],
    [301, 'stale'],
  ])('made at %i s from now is %s', (offset, verdict) => {
    expect(check(signed(whsec(1), '{}', 'msg_1', NOW_S + offset), [whsec(1)])).toBe(verdict)
  })

  it('made with a private ed25519 key is checked with the public one', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    const secret = `whpk_${raw.toString('base64')}`
    const mark = sign(null, Buffer.from(`m.${NOW_S}.{}`), privateKey).toString('base64')
    const headers = {
      'webhook-id': 'm',
      'webhook-timestamp': String(NOW_S),
      'webhook-signature': `v1,AAAA v1a,${mark}`,
    }
    expect(check(headers, [secret])).toBe('valid')
    expect(check(headers, [secret], '{ }')).toBe('mismatch')
    expect(check(headers, ['whpk_AAAA'])).toBe('mismatch')
  })

  it.each(['', 'whsec_', '!!'])('is never made by the empty secret %j', (secret) => {
    const mac = createHmac('sha256', '').update(`m.${NOW_S}.{}`).digest('base64')
    const headers = {
      'webhook-id': 'm',
      'webhook-timestamp': String(NOW_S),
      'webhook-signature': `v1,${mac}`,
    }
    expect(check(headers, [secret])).toBe('mismatch')
  })

  it('with a dot in its id could stand for another text and is refused', () => {
    expect(check(signed(whsec(1), '{}', 'msg.1'), [whsec(1)])).toBe('mismatch')
  })

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'without %s is missing',
    (name) => {
      expect(check({ ...signed(whsec(1)), [name]: '' }, [whsec(1)])).toBe('missing')
    },
  )
})

describe('a Stripe signature', () => {
  const check = (header: string, secrets = ['whsec_abc']) =>
    stripeSignature(
      { headers: { 'Stripe-Signature': header }, body: Buffer.from('{}') },
      secrets,
      NOW_MS,
    )
  const v1 = (seconds: number, secret = 'whsec_abc') => `v1=${hex(secret, `${seconds}.{}`)}`

  it.each([
    ['is valid', `t=${NOW_S},${v1(NOW_S)}`, 'valid'],
    ['is valid beside others while secrets roll', `t=${NOW_S},v1=00,${v1(NOW_S)},v0=x`, 'valid'],
    ['from ahead of our clock is valid', `t=${NOW_S + 900},${v1(NOW_S + 900)}`, 'valid'],
    ['is stale after 300 s', `t=${NOW_S - 301},${v1(NOW_S - 301)}`, 'stale'],
    ['of version 0 does not count', `t=${NOW_S},${v1(NOW_S).replace('v1', 'v0')}`, 'mismatch'],
    ['for another time does not fit', `t=${NOW_S - 1},${v1(NOW_S)}`, 'mismatch'],
    ['without a time does not fit', v1(NOW_S), 'mismatch'],
  ])('%s', (_what, header, verdict) => {
    expect(check(header)).toBe(verdict)
  })

  it('takes the whole secret as the key and never an empty one', () => {
    expect(check(`t=${NOW_S},${v1(NOW_S, '')}`, [''])).toBe('mismatch')
    expect(check(`t=${NOW_S},${v1(NOW_S)}`, ['other', 'whsec_abc'])).toBe('valid')
  })
})

describe('a Slack signature', () => {
  // The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
  const body = Buffer.from(
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  )
  const headers = {
    'X-Slack-Request-Timestamp': '1531420618',
    'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  }
  const secrets = ['8f742231b10e8888abcd99yyyzzz85a5']

  it.each([
    [0, 'valid'],
    [301, 'stale'],
    [-301, 'stale'],
  ])('as documented, %i s later, is %s', (later, verdict) => {
    expect(slackSignature({ headers, body }, secrets, (1_531_420_618 + later) * 1_000)).toBe(
      verdict,
    )
  })

  it('does not fit another body', () => {
    expect(slackSignature({ headers, body: body.subarray(1) }, secrets, 1_531_420_618_000)).toBe(
      'mismatch',
    )
  })
})

describe('a GitHub signature', () => {
  // The example of https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
  const digest = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const check = (headers: Record<string, string>) =>
    githubSignature(
      { headers, body: Buffer.from('Hello, World!') },
      ["It's a Secret to Everybody"],
      0,
    )

  it.each([
    ['as documented is valid', { 'X-Hub-Signature-256': `sha256=${digest}` }, 'valid'],
    ['in capitals is valid', { 'x-hub-signature-256': `sha256=${digest.toUpperCase()}` }, 'valid'],
    [
      'that is cut does not fit',
      { 'x-hub-signature-256': `sha256=${digest.slice(2)}` },
      'mismatch',
    ],
    ['of SHA-1 alone is missing', { 'x-hub-signature': 'sha1=00' }, 'missing'],
  ])('%s', (_what, headers, verdict) => {
    expect(check(headers as Record<string, string>)).toBe(verdict)
  })
})
