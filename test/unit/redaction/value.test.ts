import { describe, expect, it } from 'vitest'
import { redactor } from '#shared/domain/redaction/redactor.ts'

const { value: redact } = redactor()
const key = '[redacted:key]'

describe('redacting a JSON value', () => {
  it.each([
    'password',
    'Password',
    'db_password',
    'newPassword',
    'passwd',
    'passphrase',
    'secret',
    'client_secret',
    'clientSecret',
    'token',
    'access_token',
    'refreshToken',
    'session_token',
    'x-csrf-token',
    'api_key',
    'apikey',
    'X-Api-Key',
    'OPENAI_API_KEY',
    'authorization',
    'Proxy-Authorization',
    'cookie',
    'Set-Cookie',
    'private_key',
    'access_key',
    'secret_access_key',
    'credential',
    'credentials',
    'signing-key',
    'cvv',
    'pass',
  ])('removes what stands under %s', (name) => {
    expect(redact({ a: { [name]: 'x' } })).toEqual({ value: { a: { [name]: key } }, removed: 1 })
  })

  it.each([
    'tokens_used',
    'max_tokens',
    'token_count',
    'tokens',
    'tokenizer',
    'next_page_token',
    'eos_token',
    'key',
    'keys',
    'session_id',
    'author',
    'authors',
    'authority',
    'primary_key',
    'public_key',
    'partitionkey',
    'cookie_count',
    'password_min_length',
    'secretary',
    'compass',
    'pwd',
    'cwd',
    'signature',
    'constructor',
    '__proto__',
    'toString',
  ])('leaves what stands under %s', (name) => {
    const value = JSON.parse(`{"${name}":"x","b":[{"${name}":12}]}`)
    expect(redact(value)).toEqual({ value, removed: 0 })
  })

  it('returns the same reference when there is nothing to remove', () => {
    const value = { a: [1, 'two', null, true, { b: 'c' }], d: {} }
    expect(redact(value).value).toBe(value)
  })

  it('copies the changed path alone and leaves its input as it was', () => {
    const value = { same: { a: 1 }, list: [{ same: 1 }, { password: 'x' }] }
    const before = structuredClone(value)
    const after = redact(value).value as typeof value
    expect(value).toEqual(before)
    expect(after.same).toBe(value.same)
    expect(after.list[0]).toBe(value.list[0])
    expect(after.list[1]).toEqual({ password: key })
  })

  it('removes strings and numbers under a secret name, however nested, and nothing else', () => {
    const value = {
      credentials: { user: 'ada', pin: 1234, on: true, none: null, empty: '', list: ['x', {}] },
    }
    expect(redact(value)).toEqual({
      value: {
        credentials: { user: key, pin: key, on: true, none: null, empty: '', list: [key, {}] },
      },
      removed: 3,
    })
  })

  it('keeps what declares a secret instead of holding one, but not its default', () => {
    const schema = {
      type: 'object',
      properties: {
        password: { type: 'string', description: 'of the user', minLength: 8, default: 'changeme' },
        token: { type: ['string', 'null'], title: 'x' },
      },
      required: ['password', 'token'],
    }
    const { value, removed } = redact(schema)
    expect(value).toMatchObject({
      properties: {
        password: { type: 'string', description: 'of the user', minLength: 8, default: key },
      },
      required: ['password', 'token'],
    })
    expect(removed).toBe(4)
  })

  it('reads lists of names and values, as headers and environments are written', () => {
    const value = [
      { name: 'DB_PASSWORD', value: 'x' },
      { key: 'Authorization', value: 'y' },
      { name: 'HOME', value: '/home/ada' },
    ]
    expect(redact(value)).toEqual({
      value: [
        { name: 'DB_PASSWORD', value: key },
        { key: 'Authorization', value: key },
        { name: 'HOME', value: '/home/ada' },
      ],
      removed: 2,
    })
  })

  it('removes card numbers that are JSON numbers', () => {
    expect(redact([4111111111111111, 4111111111111112, 1732435688123, -4111111111111111])).toEqual({
      value: ['[redacted:card]', 4111111111111112, 1732435688123, -4111111111111111],
      removed: 1,
    })
  })

  it('renames members whose names hold a secret and keeps their order', () => {
    const value = { a: 1, 'token=abc': 2, 'token=def': { password: 'x' }, z: 3 }
    const { value: after, removed } = redact(value)
    expect(Object.entries(after as object)).toEqual([
      ['a', 1],
      [`token=${key}`, 2],
      [`(2) token=${key}`, { password: key }],
      ['z', 3],
    ])
    expect(removed).toBe(3)
    expect(redact(after)).toEqual({ value: after, removed: 0 })
  })

  it('keeps __proto__ an ordinary member when it copies', () => {
    const { value } = redact(JSON.parse('{"__proto__":{"password":"x"},"password":"y"}'))
    expect(JSON.stringify(value)).toBe(`{"__proto__":{"password":"${key}"},"password":"${key}"}`)
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it('removes what is nested too deep to look at', () => {
    let value: unknown = { password: 'x' }
    for (let i = 0; i < 100_000; i++) value = [value]
    const after = redact(value)
    expect(after.removed).toBe(1)
    expect(JSON.stringify(after.value)).toContain('[redacted:depth]')
    expect(redact(after.value).removed).toBe(0)
  })

  it('takes what is not in an object or array, too', () => {
    expect(redact('password=x')).toEqual({ value: `password=${key}`, removed: 1 })
    expect(redact(null)).toEqual({ value: null, removed: 0 })
    expect(redact(12)).toEqual({ value: 12, removed: 0 })
  })

  it('removes the names of a policy beside the built-in ones', () => {
    const { value } = redactor({ keys: ['Patient-ID'] })
    expect(value({ patientId: 'p', patient: 'q', password: 'x' })).toEqual({
      value: { patientId: key, patient: 'q', password: key },
      removed: 2,
    })
  })
})
