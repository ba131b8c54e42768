import { isJsonType, isTextType } from '../events/record.ts'
import type { Redactor } from '../redaction/redactor.ts'
import type { CallMessage } from './call.ts'
import { headerOf } from './redacted-headers.ts'
import { redactForm } from './redacted-target.ts'

/** A body as text without its secrets, and whether more of it went by than that. */
export type RedactedBody = Readonly<{ text: string; removed: number; isCut: boolean }>

/** What of a body's bytes is there, or all of them. */
export type BodyPart = Readonly<{ bytes: Uint8Array; isWhole: boolean }>

/** Undoes a content coding within bounds; undefined where that can't be done. */
export type DecodeBody = (part: BodyPart, coding: string) => BodyPart | undefined

const FORM = /^application\/x-www-form-urlencoded\b/i
/** Text besides `text/*`, JSON and XML. */
const OTHER_TEXT =
  /^application\/(?:x-www-form-urlencoded|(?:x-)?javascript|graphql|(?:x-)?ndjson|(?:x-)?yaml|toml|jsonl|sql)\b/i
const UTF8 = /;\s*charset\s*=\s*"?(?:utf-?8|us-ascii)"?/i
/** What a cut may have left of a secret goes with it: the last word, if it is not longer than this. */
const LONGEST_WORD = 2_048

/**
 * What is kept of a body, without its secrets: of text in UTF-8, else undefined. Of a body that was
 * cut the last word goes too: half a secret has no shape to know it by.
 *
 * @param mostBytes of the body, after decoding.
 */
export function redactBody(
  { rawHeaders, kept, bytes }: CallMessage,
  mostBytes: number,
  redactor: Redactor,
  decode: DecodeBody,
): RedactedBody | undefined {
  const mediaType = headerOf(rawHeaders, 'content-type')
  if (kept.byteLength === 0 || (mediaType !== undefined && !isText(mediaType))) return undefined
  const coding = headerOf(rawHeaders, 'content-encoding')?.trim().toLowerCase() ?? 'identity'
  const received = { bytes: kept, isWhole: kept.byteLength === bytes }
  const decoded = coding === 'identity' ? received : decode(received, coding)
  if (!decoded) return undefined
  const shown = decoded.bytes.subarray(0, mostBytes)
  const isWhole = decoded.isWhole && shown.byteLength === decoded.bytes.byteLength
  const text = textOf(shown, isWhole)
  if (text === undefined) return undefined
  return { ...redactText(isWhole ? text : cutWord(text), mediaType, redactor), isCut: !isWhole }
}

function redactText(text: string, mediaType: string | undefined, redactor: Redactor) {
  if (FORM.test(mediaType ?? '')) return redactForm(text, redactor)
  return isJsonType(mediaType) ? redactJson(text, redactor) : redactor.text(text)
}

function isText(mediaType: string): boolean {
  if (/;\s*charset\s*=/i.test(mediaType) && !UTF8.test(mediaType)) return false
  return isTextType(mediaType) || OTHER_TEXT.test(mediaType)
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const CONTINUATION = 0b1100_0000

function textOf(kept: Uint8Array, isWhole: boolean): string | undefined {
  try {
    return decoder.decode(isWhole ? kept : kept.subarray(0, characterEnd(kept)))
  } catch {
    // Says it is text and is not.
    return undefined
  }
}

/** Where the last character begins that may have been cut in the middle. */
function characterEnd(kept: Uint8Array): number {
  let end = kept.byteLength
  for (let back = 0; back < 4 && end > 0; back++) {
    const byte = kept[--end] as number
    if (byte < 0x80) return end + 1
    if ((byte & CONTINUATION) === CONTINUATION) return end
  }
  return kept.byteLength
}

function cutWord(text: string): string {
  for (let at = text.length - 1; at >= 0 && text.length - at <= LONGEST_WORD; at--) {
    if (/[\s"'`,;&|<>(){}[\]]/.test(text.charAt(at))) return text.slice(0, at + 1)
  }
  return text.slice(0, Math.max(0, text.length - LONGEST_WORD))
}

function redactJson(text: string, redactor: Redactor) {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // Cut, or none.
    return redactor.text(text)
  }
  const { value, removed } = redactor.value(parsed)
  if (removed > 0) return { text: JSON.stringify(value), removed }
  // Of two members of one name parsing shows the last; the text itself is kept, and shows both.
  return redactor.text(text)
}
