import { describe, expect, it } from 'vitest'
import { redactor } from '#shared/domain/redaction/redactor.ts'

const redact = redactor({ emails: true, prefixes: ['acme_'], keys: ['patient'] })

/** Characters of the two inputs. */
const SMALL = 1 << 14
const LARGE = 1 << 17

/** Pieces whose repetition makes a careless scanner read the same text again and again. */
const pieces = [
  ...['a', ' ', '\n', '1', '=', '@', ':', '/', '"', "'", '\\', '-', '_', '[', '{', '$', 'J', 'é'],
  ...['-----BEGIN ', '-----BEGIN PRIVATE KEY-----', '-----BEGIN PRIVATE KEY-----.'],
  ...['eyJ', 'eyJ.', 'eyJaaaaaaaaaa.', 'eyJaaaaaaaaaa.eyJ', '4111 ', '4111-', '1234567890123456 '],
  ...['a@', 'a.b@c.', '://', '://a:', '://a:b/', 'http://a:b@c ', '\\"', '"\\', 'a=', 'ab1=cd2:'],
  ...[
    'password=',
    'password="',
    'password=" ',
    'password= ',
    'password=[',
    'password=(',
    'password=$',
  ],
  ...['"password":', '"password":{', '"password":[', '"password":"x",', '\\"password\\":{'],
  ...[
    'token:',
    'token: Bearer ',
    'Bearer ',
    'Basic ',
    'Basic aGVsbG8',
    'sk-',
    'sk-a-',
    'ghp_',
    'SG.',
  ],
  ...['acme_', 'AKIA', 'AIza', '--', '--password ', 'curl -u ', '-u a', 'Cookie: ', 'Cookie: a="'],
  ...['<password>', '[redacted:', '[redacted:key]', 'discord.com/api/webhooks/', 'xoxb-', 'whsec_'],
]

describe('the work of redaction', () => {
  it.each(pieces)('grows with the text and no faster, made of %j', (piece) => {
    expectLinear((size) => {
      const text = piece.repeat(Math.ceil(size / piece.length))
      return () => redact.text(text)
    })
  })

  it('does not grow with how often a renamed member is free at last', () => {
    // Looking for a free number from the start each time would take minutes.
    const names = Array.from({ length: 50_000 }, (_, i) => [`token=${i}`, i])
    const { value, removed } = redact.value(Object.fromEntries(names))
    expect(removed).toBe(50_000)
    expect(Object.keys(value as object)).toHaveLength(50_000)
  })
})

const TIMES = LARGE / SMALL
/** Ends and bounded looks ahead cost little; quadratic time would show as the factor itself, 8. */
const GENEROUS = 1.5

/** Eight times the input reads eight times the characters. */
function expectLinear(prepare: (size: number) => () => unknown) {
  const small = charactersRead(prepare(SMALL))
  const large = charactersRead(prepare(LARGE))
  expect(small).toBeGreaterThanOrEqual(SMALL / 64)
  expect(large / small / TIMES).toBeLessThan(GENEROUS)
}

/**
 * How many characters of strings a piece of work looks at: counted, where a clock would tell more
 * about what else the machine does.
 */
function charactersRead(run: () => unknown): number {
  const { charCodeAt, charAt, startsWith, indexOf, slice } = String.prototype
  let read = 0
  const counting = {
    charCodeAt(this: string, at: number) {
      read++
      return charCodeAt.call(this, at)
    },
    charAt(this: string, at: number) {
      read++
      return charAt.call(this, at)
    },
    startsWith(this: string, start: string, at?: number) {
      read += start.length
      return startsWith.call(this, start, at)
    },
    indexOf(this: string, piece: string, from = 0) {
      const at = indexOf.call(this, piece, from)
      read += (at < 0 ? this.length : at) - from
      return at
    },
    slice(this: string, from?: number, to?: number) {
      const part = slice.call(this, from, to)
      read += part.length
      return part
    },
  }
  Object.assign(String.prototype, counting)
  try {
    run()
  } finally {
    Object.assign(String.prototype, { charCodeAt, charAt, startsWith, indexOf, slice })
  }
  return read
}
