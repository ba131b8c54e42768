import { beforeAll, describe, expect, it } from 'vitest'
import { readKeySet } from '#shared/adapters/callers/read-key-set.ts'
import { openTokens } from '#shared/adapters/callers/tokens.ts'
import { Failure } from '#shared/errors.ts'
import { AT, anIssuerKey, CLAIMS, LOGIN } from '#test/support/token-issuer.ts'

type Key = Awaited<ReturnType<typeof anIssuerKey>>
let old: Key
let fresh: Key
beforeAll(async () => {
  old = await anIssuerKey('old')
  fresh = await anIssuerKey('fresh')
})

const MINUTE_MS = 60_000

/** An issuer whose keys change and that may be away, and a clock. */
function anIssuer(...keys: Key[]) {
  const issuer = { keys, isAway: false, asked: 0, hold: undefined as Promise<void> | undefined }
  let nowMs = AT.getTime()
  const now = () => new Date(nowMs)
  const tokens = openTokens(async () => {
    issuer.asked += 1
    await issuer.hold
    if (issuer.isAway) throw new Failure('Timeout', 'away')
    return JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) })
  }, now)
  let serial = 0
  /** A token of its own each time, so that none is remembered. */
  const show = async (key: Key) => {
    serial += 1
    const exp = Math.floor(nowMs / 1_000) + 60
    const token = await key.sign({ ...CLAIMS, exp, jti: `t${serial}` })
    return tokens.holderOf(token, [LOGIN]).then(
      () => 'taken',
      (error: Failure) => error.kind,
    )
  }
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { issuer, tokens, show, pass, now }
}

describe('keys of an issuer', () => {
  it('are asked for once, however many tokens come at once', async () => {
    const { issuer, show } = anIssuer(old)
    const shown = await Promise.all(Array.from({ length: 20 }, () => show(old)))
    expect(new Set(shown)).toEqual(new Set(['taken']))
    expect(issuer.asked).toBe(1)
  })

  it('are asked for again when a token names one that is new', async () => {
    const { issuer, show, pass } = anIssuer(old)
    await show(old)
    issuer.keys = [old, fresh]
    pass(10_000)
    expect(await show(fresh)).toBe('taken')
    expect(issuer.asked).toBe(2)
  })

  it('are not asked for at the wish of tokens that name no key of it', async () => {
    const { issuer, show, pass } = anIssuer(old)
    for (let i = 0; i < 50; i++) {
      expect(await show(fresh)).toBe('Unauthenticated')
      pass(1_000)
    }
    expect(issuer.asked).toBe(5)
    expect(await show(old)).toBe('taken')
  })

  it('that were taken back count no more after a quarter of an hour', async () => {
    const { issuer, show, pass } = anIssuer(old, fresh)
    expect(await show(old)).toBe('taken')
    issuer.keys = [fresh]
    pass(15 * MINUTE_MS)
    expect(await show(old)).toBe('Unauthenticated')
  })

  it('are renewed beside the answer while they are young enough', async () => {
    const { issuer, show, pass } = anIssuer(old)
    await show(old)
    issuer.hold = new Promise(() => undefined)
    pass(10 * MINUTE_MS)
    expect(await show(old)).toBe('taken')
    expect(issuer.asked).toBe(2)
  })

  it('serve on for an hour while the issuer is away, and no longer', async () => {
    const { issuer, show, pass } = anIssuer(old)
    await show(old)
    issuer.isAway = true
    pass(59 * MINUTE_MS)
    expect(await show(old)).toBe('taken')
    pass(2 * MINUTE_MS)
    expect(await show(old)).toBe('Unavailable')
    issuer.isAway = false
    pass(10_000)
    expect(await show(old)).toBe('taken')
  })

  it('that can not be had are not asked for by each token', async () => {
    const { issuer, show, pass } = anIssuer(old)
    issuer.isAway = true
    for (let i = 0; i < 20; i++) {
      expect(await show(old)).toBe('Unavailable')
      pass(1_000)
    }
    expect(issuer.asked).toBe(2)
  })
})

describe('a token that was verified', () => {
  it('is not verified again, until it ends', async () => {
    const { issuer, tokens, pass } = anIssuer(old)
    const token = await old.sign({ ...CLAIMS, exp: AT.getTime() / 1_000 + 60 })
    const first = await tokens.holderOf(token, [LOGIN])
    // The same object: remembered.
    expect(await tokens.holderOf(token, [{ ...LOGIN }])).toBe(first)
    pass(89_999)
    expect(await tokens.holderOf(token, [LOGIN])).toBe(first)
    pass(1)
    await expect(tokens.holderOf(token, [LOGIN])).rejects.toMatchObject({
      message: 'The token has expired.',
    })
    expect(issuer.asked).toBe(1)
  })

  it('is looked at anew when its issuer is worth something else, or nothing', async () => {
    const { tokens } = anIssuer(old)
    const token = await old.sign()
    expect(await tokens.holderOf(token, [LOGIN])).toMatchObject({ roles: ['reader'] })
    const narrowed = { ...LOGIN, allowedRoles: ['writer'] }
    expect(await tokens.holderOf(token, [narrowed])).toMatchObject({ roles: [] })
    await expect(tokens.holderOf(token, [])).rejects.toMatchObject({ kind: 'Unauthenticated' })
    await expect(tokens.holderOf(token, [{ ...LOGIN, audiences: ['else'] }])).rejects.toMatchObject(
      { kind: 'Unauthenticated' },
    )
  })

  it('counts no more five minutes after its issuer took the key back', async () => {
    const { issuer, tokens, pass } = anIssuer(old)
    const token = await old.sign({ ...CLAIMS, exp: AT.getTime() / 1_000 + 7_200 })
    pass(12 * MINUTE_MS)
    await tokens.holderOf(token, [LOGIN])
    issuer.keys = [fresh]
    pass(16 * MINUTE_MS)
    await expect(tokens.holderOf(token, [LOGIN])).rejects.toMatchObject({ kind: 'Unauthenticated' })
  })
})

describe('a key set', () => {
  const rsa = (bits: number) => ({ kty: 'RSA', n: 'n'.repeat(Math.ceil(bits / 6)), e: 'AQAB' })
  it.each([
    { what: 'no JSON', text: '<html>' },
    { what: 'no key set', text: '{}' },
    { what: 'null', text: 'null' },
    { what: 'without keys', text: '{"keys":[]}' },
    { what: 'of secrets alone', text: '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}' },
    { what: 'of keys for encryption', text: '{"keys":[{"kty":"EC","use":"enc"}]}' },
    { what: 'of short keys', text: JSON.stringify({ keys: [rsa(1_024)] }) },
    { what: 'of endless keys', text: JSON.stringify({ keys: [rsa(16_384)] }) },
    { what: 'of very many keys', text: JSON.stringify({ keys: Array(101).fill(rsa(2_048)) }) },
  ])('is none when it is $what', ({ text }) => {
    expect(() => readKeySet(text)).toThrow(expect.objectContaining({ kind: 'Unavailable' }))
  })

  it('keeps what is public of its keys for signatures', () => {
    const keys = [{ ...rsa(2_048), d: 'private', kid: 'a', use: 'sig', x5u: 'http://x' }, 7, null]
    expect(readKeySet(JSON.stringify({ keys }))).toEqual({
      keys: [{ ...rsa(2_048), kid: 'a', use: 'sig' }],
    })
  })
})
