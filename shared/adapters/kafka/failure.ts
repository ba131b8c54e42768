import kafkajs from 'kafkajs'
import { Failure } from '../../errors.ts'
import type { Refusals } from './refusals.ts'

const RETRY_AFTER_S = 1
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION'
const REFUSED = new Set([
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
])
/** Node's and OpenSSL's names for a certificate that does not prove who is there. */
const DISTRUST = /CERT|UNABLE_TO_|SELF_SIGNED|HOSTNAME_MISMATCH|CRL/

/** Kafka's name for what went wrong, however deep kafkajs wrapped it. */
export function kafkaErrorType(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { type } = at as { type?: unknown }
    if (typeof type === 'string') return type
  }
  return undefined
}

/** Whether Kafka says that it will do it later: a leader moves, a coordinator loads. */
export function isPassing(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof kafkajs.KafkaJSProtocolError) return at.retriable && at.type !== UNKNOWN_TOPIC
  }
  return false
}

/** Whether a broker answered, so that the connection to it is not what failed. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Failure || kafkaErrorType(error) !== undefined
}

/** Whether Kafka says that there is no such topic. */
export function isUnknownTopic(error: unknown): boolean {
  return kafkaErrorType(error) === UNKNOWN_TOPIC
}

/** Renames an error of kafkajs: nothing but `Failure`s leaves this adapter. */
export function toFailure(error: unknown): Failure {
  const known = knownCause(error)
  if (known) return known
  const type = kafkaErrorType(error)
  const message = error instanceof Error ? error.message : String(error)
  const options = { cause: error }
  if (isUnknownTopic(error)) return new Failure('NotFound', `${message} ${MAKE_TOPICS}`, options)
  if (type && TOO_LARGE.has(type)) return new Failure('TooLarge', message, options)
  const code = connectionCode(error)
  if (code === 'Misconfigured')
    return misconfigured(message.replace(/^Connection error: /, ''), error)
  if (isDistrust(code)) return distrust('Kafka', error)
  if (isUnknownMechanism(error))
    return misconfigured(`${message}: check mechanism= and auth=`, error)
  if (type && REFUSED.has(type)) return misconfigured(`Kafka refuses us: ${message}`, error)
  return unavailable(message, error)
}

/** What helps where a topic is missing. */
export const MAKE_TOPICS = '(npm run topics makes what is missing)'

/** Our own failure, however deep kafkajs wrapped it. */
function knownCause(error: unknown): Failure | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof Failure) return at
  return undefined
}

/** A socket's code, however deep kafkajs wrapped its error. */
function connectionCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string') return code
  }
  return undefined
}

/** Whether the broker knows our mechanism not; kafkajs finds that out by itself, too, without a type. */
function isUnknownMechanism(error: unknown): boolean {
  if (kafkaErrorType(error) === 'UNSUPPORTED_SASL_MECHANISM') return true
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof kafkajs.KafkaJSSASLAuthenticationError) return true
  }
  return false
}

/** Whether a code says that the certificate of the other side is not trusted. */
export function isDistrust(code: string | undefined): boolean {
  return code !== undefined && DISTRUST.test(code)
}

/** The failure for a certificate that is not trusted. */
export function distrust(who: string, error: unknown): Failure {
  const { code, message } = error as NodeJS.ErrnoException
  return misconfigured(
    `the certificate of ${who} is not trusted (${code ?? message}): check ca= of EVENT_LOG_URL, the host's name and this machine's clock`,
    error,
  )
}

/** The failure for what only someone who mends a setting can help. */
export function misconfigured(why: string, cause?: unknown): Failure {
  return new Failure('Misconfigured', why, { cause, retryAfterS: RETRY_AFTER_S })
}

export function unavailable(why: string, cause?: unknown): Failure {
  return new Failure('Unavailable', `event log: ${why}`, { cause, retryAfterS: RETRY_AFTER_S })
}

/**
 * Waits for kafkajs, though not longer than told.
 *
 * @param refusals are told when Kafka does not know our mechanism
 * @throws `Unavailable`, `Misconfigured`, `NotFound`, `TooLarge`
 */
export async function askKafka<T>(
  answer: PromiseLike<T>,
  timeoutMs: number,
  refusals?: Pick<Refusals, 'refused'>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(unavailable(`no answer from Kafka in ${Math.round(timeoutMs)} ms`))
    timer = setTimeout(fail, timeoutMs)
  })
  try {
    return await Promise.race([answer, late])
  } catch (error) {
    // A mistake of ours must not pass for an outage.
    if (!isOfKafka(error)) throw error
    const failure = toFailure(error)
    // Nobody else meets it: the broker ends the connection before it asks who we are.
    if (isUnknownMechanism(error)) refusals?.refused(failure)
    throw failure
  } finally {
    clearTimeout(timer)
  }
}

/** Whether an error is kafkajs's, or ours, or a socket's, `ECONNREFUSED` for one. */
function isOfKafka(error: unknown): boolean {
  if (error instanceof kafkajs.KafkaJSError || error instanceof Failure) return true
  const { code, message } = error as { code?: unknown; message?: unknown }
  // kafkajs throws a plain error where a broker is asked whose connection has just gone.
  return typeof code === 'string' || message === 'Broker not connected'
}
