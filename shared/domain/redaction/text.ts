import type { RedactionPolicy } from '../access.ts'
import { assignments } from './assignments.ts'
import { card } from './cards.ts'
import { flags } from './command-line.ts'
import { email } from './emails.ts'
import { jwt } from './jwt.ts'
import { marker, markerEnd } from './marker.ts'
import type { NameClassifier } from './names.ts'
import { privateKey } from './private-keys.ts'
import { tokenRules } from './rules.ts'
import { type Detector, newScan } from './scan.ts'
import { authScheme } from './schemes.ts'
import { type Trigger, tokenTriggers } from './tokens.ts'
import { urlPassword } from './urls.ts'

/** A text without its secrets, and how many were taken out; the same string when none were. */
export type RedactedText = Readonly<{ text: string; removed: number }>

export type TextRedactor = (text: string) => RedactedText

/** All characters beyond ASCII share one place in the table. */
const BEYOND_ASCII = 128
const BRACKET = 0x5b
/** Passes over a text that had secrets; the second or third finds nothing. */
const MOST_ROUNDS = 8

/** Takes secrets out of text by their shape; `classify` says what names say of their values. */
export function textRedactor(classify: NameClassifier, policy: RedactionPolicy): TextRedactor {
  const detectors = detectorsByCharacter(triggers(classify, policy))

  return (text) => {
    let result = redactOnce(text, detectors)
    let { removed } = result
    // A marker can end a word that went on before: "<card><token>" shows its card the second time.
    for (let round = 1; result.removed > 0 && round < MOST_ROUNDS; round++) {
      result = redactOnce(result.text, detectors)
      removed += result.removed
    }
    return { text: result.text, removed }
  }
}

/** One pass from left to right: what is found first goes first, and nothing is looked at twice. */
function redactOnce(text: string, detectors: readonly (Detector[] | undefined)[]): RedactedText {
  const scan = newScan(text)
  let kept = ''
  let removed = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const called = detectors[Math.min(code, BEYOND_ASCII)]
    if (called === undefined) continue
    if (code === BRACKET) {
      // What was redacted before is settled, whatever a policy makes of its words.
      const end = markerEnd(text, at)
      if (end > 0) {
        kept += text.slice(scan.done, end)
        scan.done = end
        at = end - 1
        continue
      }
    }
    for (const detect of called) {
      const found = detect(scan, at)
      if (found === undefined) continue
      kept += text.slice(scan.done, found.from) + (found.instead ?? marker(found.kind))
      scan.done = found.to
      at = found.to - 1
      removed++
      break
    }
  }
  return removed === 0 ? { text, removed } : { text: kept + text.slice(scan.done), removed }
}

function triggers(classify: NameClassifier, { prefixes = [], emails = false }: RedactionPolicy) {
  const on = (characters: string, detect: Detector): Trigger[] =>
    Array.from(characters, (character) => ({ code: character.charCodeAt(0), detect }))
  const assigned = assignments(classify)
  return [
    ...on('[', () => undefined),
    ...on('-', privateKey),
    ...tokenTriggers([
      { kind: 'custom', prefixes, alphabet: 'b64token', atLeast: 1 },
      ...tokenRules,
    ]),
    ...on('J', jwt),
    ...on(':', urlPassword),
    ...on(':=>', assigned),
    ...on('-', flags(classify)),
    ...on('Bb', authScheme),
    ...on('0123456789', card),
    ...(emails ? on('@', email) : []),
  ]
}

function detectorsByCharacter(all: readonly Trigger[]): (Detector[] | undefined)[] {
  const table = new Array<Detector[] | undefined>(BEYOND_ASCII + 1).fill(undefined)
  for (const { code, detect } of all) {
    const place = Math.min(code, BEYOND_ASCII)
    table[place] = [...(table[place] ?? []), detect]
  }
  return table
}
