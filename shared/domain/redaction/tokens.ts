import { type CharacterSet, characterSet, isDigit, runEnd, startsWord } from './characters.ts'
import { alphabets, type TokenRule } from './rules.ts'
import type { Detector, Scan } from './scan.ts'

/** A detector and the code of the one character it is called for. */
export type Trigger = Readonly<{ code: number; detect: Detector }>

/** How far into a token we look to believe it; what is believed is then taken to its end. */
const PROBE = 24

/** Characters from common to rare in text and code; one that is missing is rarer still. */
const byFrequency = ' etaoinsrhldcumfpgwyb0123456789/.-_vkxjqzETAOINSRHLDCUMFPGWYBV'

type Token = Readonly<{ rule: TokenRule; prefix: string; offset: number; alphabet: CharacterSet }>

/**
 * Where in a prefix its rarest character is: the fewer calls, the cheaper an ordinary text. Not the
 * first, if there are others, because the one before it settles most calls.
 */
function rarestAt(prefix: string): number {
  const ranks = Array.from({ length: prefix.length }, (_, i) => {
    const rank = byFrequency.indexOf(prefix.charAt(i))
    return i === 0 ? -1 : rank < 0 ? byFrequency.length : rank
  })
  return ranks.indexOf(Math.max(...ranks))
}

/** The detectors of the rules: one for each character that any of their prefixes is looked up by. */
export function tokenTriggers(rules: readonly TokenRule[]): Trigger[] {
  const tokens = rules.flatMap((rule) =>
    rule.prefixes
      .filter((prefix) => prefix !== '')
      .map((prefix) => ({
        rule,
        prefix,
        offset: rarestAt(prefix),
        alphabet: characterSet(alphabets[rule.alphabet]),
      })),
  )
  const byCode = Map.groupBy(tokens, ({ prefix, offset }) => prefix.charCodeAt(offset))
  return Array.from(byCode, ([code, group]) => ({ code, detect: tokenDetector(group) }))
}

function tokenDetector(tokens: readonly Token[]): Detector {
  const single = tokens.filter(({ offset }) => offset === 0)
  const byNeighbour: (Token[] | undefined)[] = []
  for (const token of tokens.filter(({ offset }) => offset > 0)) {
    const neighbour = token.prefix.charCodeAt(token.offset - 1)
    byNeighbour[neighbour] = [...(byNeighbour[neighbour] ?? []), token]
  }
  return (scan, at) => {
    const candidates = byNeighbour[scan.text.charCodeAt(at - 1)]
    return firstToken(candidates, scan, at) ?? firstToken(single, scan, at)
  }
}

function firstToken(candidates: readonly Token[] | undefined, scan: Scan, at: number) {
  if (candidates === undefined) return undefined
  for (const candidate of candidates) {
    const found = tokenAt(candidate, scan, at)
    if (found) return found
  }
  return undefined
}

function tokenAt({ rule, prefix, offset, alphabet }: Token, { text, done }: Scan, at: number) {
  const from = at - offset
  if (from < done || !text.startsWith(prefix, from)) return undefined
  if (rule.startsWord && !startsWord(text, from, done)) return undefined
  const body = from + prefix.length
  const probed = runEnd(text, body, alphabet, body + Math.max(PROBE, rule.atLeast))
  if (probed - body < rule.atLeast) return undefined
  if (rule.mixed && !hasDigitOrUpper(text, body, probed)) return undefined
  if (rule.includes && !text.slice(body, probed).includes(rule.includes)) return undefined
  return { from, to: runEnd(text, probed, alphabet), kind: rule.kind }
}

function hasDigitOrUpper(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (isDigit(code) || (code >= 0x41 && code <= 0x5a)) return true
  }
  return false
}
