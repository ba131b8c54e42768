import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readJson } from '#shared/domain/json/strict.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const read = (text: string) => readJson(bytes(text))
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('reading JSON strictly', () => {
  it.each([
    '{}',
    '[]',
    '0',
    '"text"',
    'null',
    ' \t\r\n{"a" : [1, -2.5e-3, true, false, null, "x"]} ',
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
    '{"":1}',
    '{"colons":"a:b:{[\\"\\\\","c\\\\":1}',
    '"\\ud83d\\ude00 😀 \\u0041"',
    '9007199254740991',
    '-9007199254740991',
    '3.14159265358979323846264338327950288',
    '9007199254740993.0',
    '1e300',
    '1e-400',
    '"\ufffe"',
  ])('accepts %s', (text) => {
    expect(read(text)).toEqual({ ok: true, value: JSON.parse(text), text })
  })

  it.each([
    ['', 'syntax', ''],
    ['   ', 'syntax', ''],
    ['{', 'syntax', ''],
    ['{"a":1', 'syntax', '/a'],
    ['{"a":[1,2,]}', 'syntax', '/a/2'],
    ['{"a" 1}', 'syntax', '/a'],
    ['{"a":1,}', 'syntax', ''],
    ["{'a':1}", 'syntax', ''],
    ['[1 2]', 'syntax', '/0'],
    ['[1}', 'syntax', '/0'],
    ['{} x', 'syntax', ''],
    ['[NaN]', 'syntax', '/0'],
    ['[01]', 'syntax', '/0'],
    ['[1.]', 'syntax', '/0'],
    ['[.5]', 'syntax', '/0'],
    ['[+1]', 'syntax', '/0'],
    ['[1e]', 'syntax', '/0'],
    ['["a\nb"]', 'syntax', '/0'],
    ['["a\0b"]', 'syntax', '/0'],
    ['["\\x"]', 'syntax', '/0'],
    ['["\\u12g4"]', 'syntax', '/0'],
    ['["open', 'syntax', '/0'],
    ['"\\', 'syntax', ''],
    ['// no\n{}', 'syntax', ''],
    [`{"x":${nested(64)}}`, 'too-deep', `/x${'/0'.repeat(63)}`],
    ['['.repeat(100_000), 'too-deep', '/0'.repeat(64)],
    ['{"a":1,"b":2,"a":3}', 'duplicate-key', '/a'],
    ['{"a":1,"\\u0061":3}', 'duplicate-key', '/a'],
    ['[0,{"k":{"__proto__":1,"__proto__":2}}]', 'duplicate-key', '/1/k/__proto__'],
    ['{"m/n~o":{"1":0,"1":0}}', 'duplicate-key', '/m~1n~0o/1'],
    ['{"a":["\\ud83d"]}', 'lone-surrogate', '/a/0'],
    ['["\\ude00\\ud83d"]', 'lone-surrogate', '/0'],
    ['["\\ud83dx"]', 'lone-surrogate', '/0'],
    ['{"a\\udc00":1}', 'lone-surrogate', '/a\ufffd'],
    ['{"a":"\\u0000"}', 'nul', '/a'],
    ['{"a\\u0000":1}', 'nul', '/a\0'],
    ['[9007199254740992]', 'unsafe-number', '/0'],
    ['[-9007199254740993]', 'unsafe-number', '/0'],
    ['{"n":123456789012345678901234567890}', 'unsafe-number', '/n'],
    ['[1,1e400]', 'unsafe-number', '/1'],
    ['[-1.5E+999]', 'unsafe-number', '/0'],
  ])('refuses %s', (text, failure, pointer) => {
    expect(read(text)).toMatchObject({ ok: false, failure, pointer })
  })

  it('takes 64 levels and no more, or as many as it is told', () => {
    expect(read(nested(64)).ok).toBe(true)
    expect(read(nested(65))).toMatchObject({ failure: 'too-deep' })
    expect(readJson(bytes('[{}]'), { maxDepth: 1 })).toMatchObject({
      failure: 'too-deep',
      pointer: '/0',
    })
  })

  it.each([
    [[0x22, 0xff, 0x22]],
    [[0x22, 0xc3, 0x22]],
    [[0x22, 0xc0, 0x80, 0x22]],
    [[0x22, 0xed, 0xa0, 0x80, 0x22]],
    [[0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('refuses the bytes %j, which are not UTF-8', (raw) => {
    expect(readJson(Uint8Array.from(raw))).toMatchObject({ failure: 'not-utf8', pointer: '' })
  })

  it('drops a byte order mark', () => {
    expect(read('\ufeff{"a":1}')).toEqual({ ok: true, value: { a: 1 }, text: '{"a":1}' })
  })

  it('keeps __proto__ as an ordinary member', () => {
    const reading = read('{"__proto__":{"polluted":true}}')
    const value = reading.ok ? (reading.value as object) : {}
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
  })

  it('names a place without repeating what stood there', () => {
    const refused = read('{"password": hunter2}')
    expect(JSON.stringify(refused)).not.toContain('hunter2')
  })

  it('ends a pointer that grows too long at a container that fits', () => {
    const name = 'n'.repeat(300)
    expect(read(`{"${name}":{"${name}":[1e999]}}`)).toMatchObject({ pointer: `/${name}` })
  })

  it('agrees with JSON.parse on every valid text', () => {
    const pretty = fc.tuple(fc.jsonValue(), fc.integer({ min: 0, max: 3 }))
    fc.assert(
      fc.property(pretty, ([value, indent]) => {
        const text = JSON.stringify(value, null, indent)
        const reading = readJson(bytes(text), { maxDepth: 1000 })
        // fast-check makes strings and doubles that I-JSON refuses; everything else must come back.
        if (reading.ok) expect(reading.value).toEqual(JSON.parse(text))
        else expect(['nul', 'lone-surrogate', 'unsafe-number']).toContain(reading.failure)
      }),
    )
  })

  it('refuses as syntax whatever JSON.parse refuses', () => {
    const alphabet = fc.constantFrom(...'{}[]:,"\\u0-1.eE+ntrf al')
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 14 }), (text) => {
        let valid = true
        try {
          JSON.parse(text)
        } catch {
          valid = false
        }
        const reading = read(text)
        if (!valid) expect(reading.ok).toBe(false)
        else if (!reading.ok) expect(reading.failure).not.toBe('syntax')
      }),
      { numRuns: 2000 },
    )
  })

  it('finds a repeated name however large the object is', () => {
    const members = Array.from({ length: 100_000 }, (_, i) => `"k${i}":${i}`)
    expect(read(`{${members.join()}}`).ok).toBe(true)
    expect(read(`{${members.join()},"k77":0}`)).toMatchObject({
      failure: 'duplicate-key',
      pointer: '/k77',
    })
  })
})
