import { Failure } from '../../errors.ts'

const RETRY_AFTER_S = 1
const LONGEST_MESSAGE = 200

/** What papi, npm consul's HTTP client, throws; its types don't name it. */
type ConsulError = Error & {
  isPapi?: boolean
  /** Consul answered with a status of failure; others may carry a response too, cut off or late. */
  isResponse?: boolean
  isTimeout?: boolean
  response?: { statusCode?: number; body?: unknown }
}

/** A connection that was never made: nothing was asked for. */
const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

const UNTRUSTED =
  /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_ALTNAME_INVALID|INVALID_CA$)/

/** Consul's ways to say that a check or service is not there, of 1.8 and later. */
const NOT_THERE =
  /does not have associated TTL|Unknown check|No service registered with ID|Unknown service/i

/** Whether the request surely did not reach Consul, so that sending it again repeats nothing. */
export function isUnsent(error: unknown): boolean {
  return UNSENT.has(codeOf(error))
}

/** Whether a later try of a repeatable request may fare better. */
export function isPassing(error: unknown): boolean {
  return toFailure(error).kind === 'Unavailable' && !UNTRUSTED.test(codeOf(error))
}

/** The status that Consul answered with, if it did. */
function statusOf(error: unknown): number | undefined {
  const { isResponse, response } = (error ?? {}) as Partial<ConsulError>
  return isResponse ? response?.statusCode : undefined
}

/**
 * Renames an error of npm consul; a mistake of ours, which is none of its errors, is thrown as it is.
 * An error with a response is no cause to keep: it leads to the request's headers and its token.
 */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  const status = statusOf(error)
  if (status !== undefined) return answeredFailure(status, error as ConsulError)
  const { isPapi, isTimeout, message } = error as ConsulError
  const code = codeOf(error)
  if (UNTRUSTED.test(code)) {
    return unavailable(`its certificate is not trusted (${code}): CONSUL_CACERT`, error)
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return unavailable('it does not speak TLS: is CONSUL_HTTP_ADDR an https address?', error)
  }
  if (code !== '') return unavailable(message, error)
  if (isTimeout || isPapi) return unavailable(message)
  throw error
}

/** An outage. */
export function unavailable(why: string, cause?: unknown): Failure {
  const said = why.replace(/^consul: /, '')
  return new Failure('Unavailable', `Consul: ${said}`, { cause, retryAfterS: RETRY_AFTER_S })
}

function answeredFailure(status: number, error: ConsulError): Failure {
  const told = bodyText(error).slice(0, LONGEST_MESSAGE).trim()
  const message = `Consul: ${told}`
  if (status === 401 || status === 403) {
    return new Failure('Forbidden', `${message} (${status}): CONSUL_HTTP_TOKEN`)
  }
  if (status === 404 || (status === 500 && NOT_THERE.test(told))) {
    return new Failure('NotFound', message)
  }
  if (status === 409) return new Failure('Conflict', message)
  if (status === 413) return new Failure('TooLarge', message)
  if (status === 429) return new Failure('TooManyRequests', message, { retryAfterS: RETRY_AFTER_S })
  if (status >= 500) return unavailable(`${told} (${status})`)
  return new Failure('InvalidInput', message)
}

function bodyText({ response, message }: ConsulError): string {
  const body = response?.body
  if (body === undefined) return message
  return typeof body === 'string' || Buffer.isBuffer(body) ? String(body) : JSON.stringify(body)
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
