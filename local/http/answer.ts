import type { ServerResponse } from 'node:http'
import { answerProblem } from '#shared/adapters/http-server/problem-answer.ts'
import type { Outcome } from '../lambda/outcome.ts'
import type { Body } from '../lambda/wire.ts'

/** Statuses that carry no body (RFC 9110, sections 15.3.5 and 15.4.5). */
const isBodiless = (status: number) => status === 204 || status === 304

const DEFAULT_TYPE = ['content-type', 'application/json'] as const

/** Writes how an invocation went as its caller's answer. */
export function writeOutcome(
  response: ServerResponse,
  outcome: Outcome,
  extra: Parameters<typeof answerProblem>[3],
): void {
  switch (outcome.type) {
    case 'answer':
      writeAnswer(response, outcome.status, outcome.headers, outcome.body, extra)
      break
    case 'end':
      response.end()
      break
    case 'timeout':
      answerProblem(response, 504, 'The bridge did not finish in time.', extra)
      break
    case 'throttled':
      answerProblem(response, 429, 'Too many requests of this kind are under way.', {
        ...extra,
        headers: { 'retry-after': '1' },
      })
      break
    case 'error':
    case 'crash':
    case 'unreachable':
    case 'result':
      answerProblem(response, 502, 'The bridge failed; its log says how.', extra)
      break
  }
}

function writeAnswer(
  response: ServerResponse,
  status: number,
  headers: readonly string[],
  body: Body,
  extra: Parameters<typeof answerProblem>[3],
): void {
  try {
    if (isBodiless(status)) {
      response.writeHead(status, [...headers])
      response.end()
      return
    }
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    response.writeHead(status, withDefaults(headers, length))
    response.end(body)
  } catch {
    // A header that HTTP does not allow.
    answerProblem(response, 502, 'The bridge answered in no form that is known.', extra)
  }
}

function withDefaults(headers: readonly string[], length: number): string[] {
  const all = [...headers, 'content-length', String(length)]
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]?.toLowerCase() === 'content-type') return all
  }
  all.push(...DEFAULT_TYPE)
  return all
}
