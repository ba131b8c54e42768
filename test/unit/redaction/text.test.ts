import { describe, expect, it } from 'vitest'
import { redactor } from '#shared/domain/redaction/redactor.ts'
import { inContext, innocent, shaped } from './secrets.ts'

const { text: redact } = redactor()

describe('redacting text', () => {
  it.each(shaped)('removes a %s: %s', (kind, secret) => {
    const surroundings: readonly (readonly [string, string])[] = [
      ['', ''],
      ['before ', ' after'],
      ['"', '"'],
      ['x = (', ')'],
      ['\n', '\n'],
      ['line\\n', '\\nline'],
      ['é', '…'],
    ]
    for (const [before, after] of surroundings) {
      expect(redact(before + secret + after)).toEqual({
        text: `${before}[redacted:${kind}]${after}`,
        removed: 1,
      })
    }
  })

  it.each(inContext)('removes what is marked in: %s', (example) => {
    const [before = '', secret = '', after = ''] = example.split(/[«»]/)
    const result = redact(`${before}${secret}${after}`)
    expect(result.removed).toBe(1)
    expect(result.text.replace(/\[redacted:[a-z]+\]/, '#')).toBe(`${before}#${after}`)
  })

  it.each(innocent)('leaves alone: %s', (example) => {
    expect(redact(example)).toEqual({ text: example, removed: 0 })
  })

  it('returns the same string when nothing is removed', () => {
    const text = 'nothing here'
    expect(redact(text).text).toBe(text)
  })

  it('counts every secret in a text', () => {
    expect(redact('password=a token=b https://u:c@h/')).toEqual({
      text: 'password=[redacted:key] token=[redacted:key] https://u:[redacted:password]@h/',
      removed: 3,
    })
  })

  it.each([
    ['{"password":12345,"b":1}', '{"password":"[redacted:key]","b":1}'],
    ['{"secrets":["a","b"],"b":1}', '{"secrets":"[redacted:key]","b":1}'],
    ['{"credentials":{"a":"}","b":[1]},"b":1}', '{"credentials":"[redacted:key]","b":1}'],
  ])('keeps embedded JSON valid: %s', (before, after) => {
    expect(redact(before)).toEqual({ text: after, removed: 1 })
    const twice = JSON.stringify(before).slice(1, -1)
    expect(redact(twice).text).toBe(JSON.stringify(after).slice(1, -1))
    expect(redact(JSON.stringify({ x: before })).text).toBe(JSON.stringify({ x: after }))
  })

  it('goes no further than the string that cut-off JSON is in', () => {
    const cut = '{"x":"{\\"credentials\\":{\\"a\\":1","b":2}'
    const expected = '{"x":"{\\"credentials\\":\\"[redacted:key]\\"","b":2}'
    expect(redact(cut)).toEqual({ text: expected, removed: 1 })
  })

  it('removes a private key that was cut off', () => {
    const cut = ['-----', 'BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG'].join('')
    expect(redact(cut)).toEqual({ text: '[redacted:private-key]', removed: 1 })
  })

  it('removes e-mail addresses when the policy says so', () => {
    const { text } = redactor({ emails: true })
    expect(text('from ada.l+x@mail.example.com, to <bob@example.org>. git@github.com:a/b')).toEqual(
      {
        text: 'from [redacted:email], to <[redacted:email]>. git@github.com:a/b',
        removed: 2,
      },
    )
    expect(text('@decorator a@b @ x @scope/name 1@2').removed).toBe(0)
  })

  it('removes what the policy names', () => {
    const { text } = redactor({ keys: ['Patient-ID'], prefixes: ['acme_', 'ключ', '', '7'] })
    expect(text('patient_id=12 acme_abc.def ключabc patients_idx=12')).toEqual({
      text: 'patient_id=[redacted:key] [redacted:custom] [redacted:custom] patients_idx=12',
      removed: 3,
    })
  })
})
