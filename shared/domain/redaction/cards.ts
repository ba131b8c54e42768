import { isAlnum, isDigit, isEscapeLetter } from './characters.ts'
import { cardGroups, cardRanges } from './rules.ts'
import type { Detector } from './scan.ts'

const SHORTEST = 13
const LONGEST = 19
const DASH = 0x2d
const SPACE = 0x20
const DOT = 0x2e
const UNDERSCORE = 0x5f

/** The lengths of the cards that start with four digits. */
const lengthsByLead = new Map<number, readonly number[]>()
for (const { from, to, lengths } of cardRanges) {
  for (let lead = from; lead <= to; lead++) lengthsByLead.set(lead, lengths)
}

/** Whether digits are a payment card's number: an issuer's range, one of its lengths, Luhn's sum. */
export function isCardNumber(digits: string): boolean {
  const lengths = lengthsByLead.get(Number(digits.slice(0, 4)))
  return lengths?.includes(digits.length) === true && passesLuhn(digits)
}

/** ISO/IEC 7812-1 annex B: every second digit from the right doubled, the digits' sum ends in 0. */
function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 1; i <= digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - i) - 0x30
    sum += i % 2 === 1 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}

/** A payment card's number in text, in one piece or in its usual groups, at its first digit. */
export const card: Detector = ({ text, done }, at) => {
  if (at > done && continues(text, at - 1)) return undefined
  let to = at + 1
  while (to - at <= LONGEST && isDigit(text.charCodeAt(to))) to++
  const length = to - at
  if (length === 4) to = groupedCardEnd(text, at)
  else if (length < SHORTEST || length > LONGEST || !isCardNumber(text.slice(at, to)))
    return undefined
  return to > 0 && !goesOn(text, to) ? { from: at, to, kind: 'card' } : undefined
}

/** Each way of grouping, with one kind of separator throughout and no digit behind. */
const groupings = cardGroups.map((sizes) => {
  const groups = sizes.map((size, i) => `${i === 1 ? '([ -])' : i > 1 ? '\\1' : ''}\\d{${size}}`)
  return new RegExp(`${groups.join('')}(?!\\d)`, 'y')
})

/** Where the card ends whose first four digits are at `at`; -1 when it is none. */
function groupedCardEnd(text: string, at: number): number {
  const separator = text.charCodeAt(at + 4)
  if (separator !== SPACE && separator !== DASH) return -1
  for (const grouping of groupings) {
    grouping.lastIndex = at
    const match = grouping.exec(text)?.[0]
    if (match && isCardNumber(match.replace(/[ -]/g, ''))) return at + match.length
  }
  return -1
}

/** Whether what ends here goes on in the digits behind it: an id, a UUID, a fraction. */
function continues(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  const joins = isAlnum(code) || code === DASH || code === DOT || code === UNDERSCORE
  return joins && !isEscapeLetter(text, at)
}

/** Whether the digits before go on here, likewise. */
function goesOn(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (isAlnum(code) || code === UNDERSCORE) return true
  return (code === DASH || code === DOT) && isAlnum(text.charCodeAt(at + 1))
}
