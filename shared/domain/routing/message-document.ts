import { readJson } from '../json/strict.ts'
import { rawHeader, readHeaders, writeHeaders } from './document-headers.ts'
import { readQuery, writeTarget } from './document-target.ts'
import {
  type MessageDocument,
  type TransformAnswer,
  TransformProblem,
  type TransformRequest,
} from './transform-message.ts'

/** What a transformation may give; `method` only as it was. */
const REQUEST_MEMBERS = ['method', 'path', 'query', 'headers', 'body']
const ANSWER_MEMBERS = ['status', 'headers', 'body']

/** `{ method, path, query, headers, body }`. @throws `TransformProblem` */
export function requestDocument({ method, target, rawHeaders, body }: TransformRequest) {
  const headers = readHeaders(rawHeaders)
  const [path = '', search = ''] = splitOnce(target, '?')
  return { method, path, query: readQuery(search), headers, ...bodyOf(body, rawHeaders) }
}

/** `{ status, headers, body }`. @throws `TransformProblem` */
export function answerDocument({ status, rawHeaders, body }: TransformAnswer) {
  return { status, headers: readHeaders(rawHeaders), ...bodyOf(body, rawHeaders) }
}

/** The request that a transformed document says; what it did not touch stays byte for byte. */
export function requestOf(
  before: TransformRequest,
  document: MessageDocument,
  now: MessageDocument,
): TransformRequest {
  requireMembers(now, REQUEST_MEMBERS)
  if ('method' in now && now.method !== before.method) {
    throw new TransformProblem('it may not change the method')
  }
  const body = bodyFrom(before.body, document, now)
  const rawHeaders = writeHeaders(before.rawHeaders, now.headers, sizeIfNew(body, before.body))
  return { ...before, target: writeTarget(before.target, document, now), rawHeaders, body }
}

/** The same for an answer. */
export function answerOf(
  before: TransformAnswer,
  document: MessageDocument,
  now: MessageDocument,
): TransformAnswer {
  requireMembers(now, ANSWER_MEMBERS)
  const status = now.status ?? before.status
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    throw new TransformProblem('the status is none of 200 to 599')
  }
  const body = bodyFrom(before.body, document, now)
  const rawHeaders = writeHeaders(before.rawHeaders, now.headers, sizeIfNew(body, before.body))
  return { status, rawHeaders, body }
}

function requireMembers(now: MessageDocument, allowed: readonly string[]): void {
  const unknown = Object.keys(now).find((name) => !allowed.includes(name))
  if (unknown === undefined) return
  throw new TransformProblem(`it gave a member beside ${allowed.join(', ')}`)
}

const sizeIfNew = (body: Uint8Array, before: Uint8Array): number | undefined =>
  body === before ? undefined : body.byteLength

const JSON_TYPE = /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json\s*(?:;|$)/i

function bodyOf(body: Uint8Array, rawHeaders: readonly string[]): { body?: unknown } {
  if (body.byteLength === 0) return {}
  const encoding = rawHeader(rawHeaders, 'content-encoding')
  const type = rawHeader(rawHeaders, 'content-type')
  if (encoding && encoding.toLowerCase() !== 'identity') {
    throw new TransformProblem('its body is compressed')
  }
  if (type && !JSON_TYPE.test(type)) throw new TransformProblem('its body is no JSON')
  const reading = readJson(body)
  if (!reading.ok)
    throw new TransformProblem(`its body can not be read as JSON (${reading.failure})`)
  return { body: reading.value }
}

/** A value that was only passed on is the same object: its bytes go on as they came. */
function bodyFrom(before: Uint8Array, document: MessageDocument, now: MessageDocument): Uint8Array {
  if (!('body' in now) || now.body === document.body) return before
  return now.body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(now.body))
}

function splitOnce(text: string, by: string): readonly string[] {
  const at = text.indexOf(by)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
