import { writeHeaders } from './document-headers.ts'
import { writeTarget } from './document-target.ts'
import {
  type TransformAnswer,
  TransformProblem,
  type TransformRequest,
} from './transform-message.ts'

const JSON_HEADER = ['content-type', 'application/json']
const NOTHING = new Uint8Array()

/** A request that somebody wrote down: what is left out is `GET /` without anything. */
export function requestFrom(form: unknown): TransformRequest {
  const { method = 'GET', path = '/', query, headers, body } = membersOf(form)
  if (typeof method !== 'string') throw new TransformProblem('its method is no text')
  // As an expression's output, so that what is tried is what may be.
  const target = writeTarget('/', {}, { path, query })
  const rawHeaders = writeHeaders(body === undefined ? [] : JSON_HEADER, headers, undefined)
  return { method, target, rawHeaders, body: bytesOf(body) }
}

/** An answer that somebody wrote down: what is left out is a 200 without anything. */
export function answerFrom(form: unknown): TransformAnswer {
  const { status = 200, headers, body } = membersOf(form)
  if (typeof status !== 'number') throw new TransformProblem('its status is no number')
  const rawHeaders = writeHeaders(body === undefined ? [] : JSON_HEADER, headers, undefined)
  return { status, rawHeaders, body: bytesOf(body) }
}

function membersOf(form: unknown): Readonly<Record<string, unknown>> {
  if (typeof form === 'object' && form !== null && !Array.isArray(form)) {
    return form as Readonly<Record<string, unknown>>
  }
  throw new TransformProblem('it is no object')
}

const bytesOf = (body: unknown): Uint8Array =>
  body === undefined ? NOTHING : Buffer.from(JSON.stringify(body))
