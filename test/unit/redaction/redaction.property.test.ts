import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactor } from '#shared/domain/redaction/redactor.ts'
import { inContext, innocent, shaped } from './secrets.ts'

const policy = { emails: true, prefixes: ['acme_', 'x-'], keys: ['patient', 'redacted', 'key'] }
const strict = redactor(policy)
const usual = redactor()

/** Pieces that together make every half, doubled and interleaved secret. */
const pieces = [
  ...Array.from('=:>"\'`\\ \n\t,;&|<{}()[]$/?@-_.#'),
  ...['a', 'Z', '7', 'n', 'password', 'token', 'Cookie', 'Authorization', 'key', 'sig', 'pass'],
  ...['--password ', '-u a:b', 'curl ', 'Bearer ', 'Basic ', '://', '=>', '==', ':=', '\\n', '\\"'],
  ...[
    '[redacted:key]',
    '[redacted:',
    'redacted',
    'acme_',
    'x-',
    'ada@b.test',
    'sk-',
    '"type":"string"',
  ],
  ...shaped.map(([, secret]) => secret),
  ...shaped.map(([, secret]) => secret.slice(0, 12)),
  ...innocent,
]
const jumble = fc
  .array(fc.constantFrom(...pieces), { maxLength: 14 })
  .map((parts) => parts.join(''))

const anyName = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom(
    'password',
    'token',
    'name',
    'value',
    'type',
    '__proto__',
    'authorization',
    'key',
  ),
  jumble,
)
const anyValue = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    jumble,
    fc.string(),
    fc.double({ noNaN: true }),
    fc.constantFrom(null, true, 4111111111111111, 'string', 'DB_PASSWORD'),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(anyName, tie('node'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).node

describe('whatever is redacted', () => {
  it('stays the same when redacted again, text', () => {
    for (const { text } of [usual, strict]) {
      fc.assert(
        fc.property(jumble, (input) => {
          const once = text(input)
          expect(text(once.text)).toEqual({ text: once.text, removed: 0 })
          expect(once.removed > 0).toBe(once.text !== input)
        }),
        { numRuns: 3000 },
      )
    }
  })

  it('stays the same when redacted again, values', () => {
    for (const { value } of [usual, strict]) {
      fc.assert(
        fc.property(anyValue, (input) => {
          const once = value(input)
          const twice = value(once.value)
          expect(twice.removed).toBe(0)
          expect(twice.value).toBe(once.value)
          if (once.removed === 0) expect(once.value).toBe(input)
        }),
        { numRuns: 1500 },
      )
    }
  })

  it('keeps no planted secret, however deep and whatever is around it', () => {
    const around = fc.constantFrom('', ' ', '"', ' (', '\n', '{"a":"', '$ echo ', ', ', '= ', '\\n')
    const planted = fc
      .tuple(fc.constantFrom(...shaped), around, around)
      .map(([[, secret], before, after]) => ({ secret, text: before + secret + after }))
    fc.assert(
      fc.property(
        planted,
        fc.jsonValue(),
        fc.array(fc.string(), { maxLength: 5 }),
        (plant, other, path) => {
          const nested = path.reduce<unknown>(
            (inside, name, i) => (i % 2 === 0 ? { other, [name]: inside } : [other, inside]),
            plant.text,
          )
          for (const text of textsOf(usual.value(nested).value))
            expect(text).not.toContain(plant.secret)
        },
      ),
    )
  })

  it('keeps no secret of JSON that is itself inside strings', () => {
    const levels = fc.integer({ min: 1, max: 4 })
    const secret = fc
      .string({ minLength: 8, unit: fc.constantFrom(...'abcXYZ019!#%*+_-"\\/{}[]:, ') })
      .map((text) => `Q${text}Q`)
    fc.assert(
      fc.property(levels, secret, fc.boolean(), (depth, value, pretty) => {
        let text: string = JSON.stringify({ a: 1, password: value, z: [] }, null, pretty ? 1 : 0)
        for (let i = 1; i < depth; i++) text = JSON.stringify({ inner: text })
        const redacted = usual.text(text)
        expect(redacted.removed).toBe(1)
        let inside = JSON.parse(redacted.text)
        for (let i = 1; i < depth; i++) inside = JSON.parse(inside.inner)
        expect(inside).toEqual({ a: 1, password: '[redacted:key]', z: [] })
      }),
    )
  })

  it('keeps its structure, and every value that holds no secret', () => {
    const names = fc.constantFrom('a', 'b', 'password', 'list', 'tokens_used', 'api_key')
    const leaves = fc.constantFrom<unknown>('plain', 12, true, null, '', ...innocent)
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        leaves,
        fc.array(tie('node')),
        fc.dictionary(names, tie('node'), { noNullPrototype: true }),
      ),
    })).node
    fc.assert(fc.property(tree, (input) => sameShape(input, usual.value(input).value, false)))
  })

  it('keeps the surroundings of what it removes from text', () => {
    const words = fc.array(fc.constantFrom('one', 'two', '3', 'src/a.ts', 'été', '😀'))
    fc.assert(
      fc.property(words, fc.constantFrom(...inContext), words, (left, example, right) => {
        const [before = '', secret = '', after = ''] = example.split(/[«»]/)
        const start = `${left.join(' ')}\n${before}`
        const end = `${after}\n${right.join(' ')}`
        const { text } = usual.text(start + secret + end)
        expect(text.startsWith(start)).toBe(true)
        expect(text.endsWith(end)).toBe(true)
        expect(text.slice(start.length, text.length - end.length)).toMatch(/^\[redacted:\w+\]$/)
      }),
    )
  })
})

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)])
}

/** Same containers, names and lengths; leaves differ below a secret name alone. */
function sameShape(before: unknown, after: unknown, secret: boolean) {
  if (typeof before === 'object' && before !== null) {
    expect(Object.keys(after as object)).toEqual(Object.keys(before))
    expect(Array.isArray(after)).toBe(Array.isArray(before))
    for (const [name, inner] of Object.entries(before)) {
      const below = secret || name === 'password' || name === 'api_key'
      sameShape(inner, (after as Record<string, unknown>)[name], below)
    }
  } else if (
    secret &&
    (typeof before === 'number' || (typeof before === 'string' && before !== ''))
  ) {
    expect(after).toBe('[redacted:key]')
  } else expect(after).toBe(before)
}
