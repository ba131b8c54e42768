import { type JsonFailure, type Refusal, refusal } from './failure.ts'
import { jsonPointer } from './pointer.ts'
import { isSpace, literalEnd, numberEnd, stringEnd } from './tokens.ts'

/** A container that is open: where in it we are, and the names seen when it is an object. */
type Open = { step: string | number | undefined; names: Set<string> | undefined }

/**
 * The first thing in a text, from its start, that strict reading refuses; undefined when there is
 * none. The slow and exact half of `readJson`: one pass, no recursion.
 */
export function findRefusal(text: string, maxDepth: number): Refusal | undefined {
  const open: Open[] = []
  let at = 0
  const refuse = (failure: JsonFailure, what: string) => {
    const path = open.flatMap(({ step }) => (step === undefined ? [] : [step]))
    return refusal(failure, jsonPointer(path), `${what} at character ${at}.`)
  }
  const unexpected = () =>
    at < text.length
      ? refuse('syntax', 'This is not JSON: unexpected character')
      : refuse('syntax', 'This is not JSON: it ends')
  const skipSpace = () => {
    while (isSpace(text.charCodeAt(at))) at++
  }

  for (;;) {
    // A member's name, when we stand inside an object.
    const container = open.at(-1)
    if (container?.names) {
      container.step = undefined
      skipSpace()
      const end = stringEnd(text, at)
      if (end < 0) return unexpected()
      const name: string = JSON.parse(text.slice(at, end))
      container.step = name
      const flaw = stringFlaw(name)
      if (flaw) return refuse(flaw, flaws[flaw])
      if (container.names.has(name)) return refuse('duplicate-key', 'A name stands twice')
      container.names.add(name)
      at = end
      skipSpace()
      if (text[at] !== ':') return unexpected()
      at++
    }

    // A value: a container is entered, everything else is read whole.
    skipSpace()
    const first = text[at]
    if (first === '{' || first === '[') {
      if (open.length === maxDepth) return refuse('too-deep', `More than ${maxDepth} levels`)
      at++
      skipSpace()
      const empty = text[at] === (first === '{' ? '}' : ']')
      if (!empty) {
        open.push(
          first === '{' ? { step: undefined, names: new Set() } : { step: 0, names: undefined },
        )
        continue
      }
      at++
    } else {
      const end = scalarEnd(text, at)
      if (end < 0) return unexpected()
      const flaw = scalarFlaw(text.slice(at, end))
      if (flaw) return refuse(flaw, flaws[flaw])
      at = end
    }

    // What follows a value: the end of containers, then a comma or the end of the text.
    for (;;) {
      skipSpace()
      const around = open.at(-1)
      if (!around) return at === text.length ? undefined : unexpected()
      if (text[at] === ',') {
        if (typeof around.step === 'number') around.step++
        at++
        break
      }
      if (text[at] !== (around.names ? '}' : ']')) return unexpected()
      open.pop()
      at++
    }
  }
}

type ScalarFlaw = 'lone-surrogate' | 'nul' | 'unsafe-number'

const flaws: Readonly<Record<ScalarFlaw, string>> = {
  'lone-surrogate': 'Half of a surrogate pair',
  nul: 'The character U+0000',
  'unsafe-number': 'A number that a double cannot hold',
}

function scalarEnd(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return stringEnd(text, at)
  if (first === 't' || first === 'f' || first === 'n') return literalEnd(text, at)
  return numberEnd(text, at)
}

function scalarFlaw(token: string): ScalarFlaw | undefined {
  if (token.startsWith('"'))
    return token.includes('\\u') ? stringFlaw(JSON.parse(token)) : undefined
  const value = Number(token)
  if (Number.isNaN(value)) return undefined
  const exact = /[.e]/i.test(token) ? Number.isFinite(value) : Number.isSafeInteger(value)
  return exact ? undefined : 'unsafe-number'
}

function stringFlaw(value: string): ScalarFlaw | undefined {
  if (!value.isWellFormed()) return 'lone-surrogate'
  return value.includes('\0') ? 'nul' : undefined
}
