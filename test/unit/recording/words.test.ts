import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitsOf, FILTER_BITS, wordFilter } from '#shared/domain/recording/word-filter.ts'
import { searchedText, wordsOf } from '#shared/domain/recording/words.ts'

const wordsIn = (value: unknown) => wordsOf(searchedText([], JSON.stringify(value)))

describe('the words of an event', () => {
  it('are runs of letters and digits in lower case, each once', () => {
    expect(wordsOf('Read README.md, then read_it')).toEqual(['read', 'readme', 'md', 'then', 'it'])
    expect(wordsOf('Größe 東京 e\u0301te')).toEqual(['größe', '東京', 'e\u0301te'])
  })

  it('come from strings at any depth, not from keys', () => {
    expect(wordsIn({ tool: 'Bash', input: { list: ['ls', { deep: 'x1' }], count: 5 } })).toEqual([
      'bash',
      'ls',
      'x1',
    ])
  })

  it('see through the escapes of JSON', () => {
    expect(wordsIn({ a: 'line one\nline "two" \\path' })).toEqual(['line', 'one', 'two', 'path'])
    expect(wordsOf(searchedText([], '{"a":"caf\\u00e9"}'))).toEqual(['café'])
  })

  it('are looked for in a bounded length', () => {
    expect(searchedText([], JSON.stringify({ a: 'x'.repeat(5_000) }))).toHaveLength(1_024)
  })

  it('never fail, whatever the payload', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(wordsOf(searchedText(['a b', null], text)).slice(0, 2)).toEqual(['a', 'b'])
      }),
    )
  })
})

describe('a filter of words', () => {
  const isSet = (bits: string, bit: number) => {
    const byte = Number.parseInt(bits.slice(1 + 2 * (bit >> 3), 3 + 2 * (bit >> 3)), 16)
    return (byte & (0x80 >> (bit & 7))) !== 0
  }
  const mayHave = (bits: string, word: string) => bitsOf(word).every((bit) => isSet(bits, bit))

  it('has every word that was added', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 50 }), (words) => {
        const filter = wordFilter()
        filter.add(words)
        const bits = filter.toBits()
        expect(bits).toHaveLength(1 + FILTER_BITS / 4)
        for (const word of words) expect(mayHave(bits, word)).toBe(true)
      }),
    )
  })

  it('says yes to hardly any other word until it is full', () => {
    const filter = wordFilter()
    for (let index = 0; !filter.isFull(); index++) filter.add([`word${index}`])
    const bits = filter.toBits()
    const wrong = Array.from({ length: 10_000 }, (_, index) => mayHave(bits, `other${index}`))
    expect(wrong.filter(Boolean).length).toBeLessThan(60)
  })
})
