import kafkajs from 'kafkajs'
import { Failure } from '../../errors.ts'

const RETRY_AFTER_S = 1
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION'

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

/** Renames an error of kafkajs: nothing but `Failure`s leaves this adapter. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  const type = kafkaErrorType(error)
  const message = error instanceof Error ? error.message : String(error)
  const options = { cause: error }
  if (type === UNKNOWN_TOPIC) return new Failure('NotFound', message, options)
  if (type && TOO_LARGE.has(type)) return new Failure('TooLarge', message, options)
  return unavailable(message, error)
}

export function unavailable(why: string, cause?: unknown): Failure {
  return new Failure('Unavailable', `event log: ${why}`, { cause, retryAfterS: RETRY_AFTER_S })
}

/**
 * Waits for kafkajs, though not longer than told.
 *
 * @throws `Unavailable`, `NotFound`, `TooLarge`
 */
export async function askKafka<T>(answer: PromiseLike<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(unavailable(`no answer from Kafka in ${Math.round(timeoutMs)} ms`))
    timer = setTimeout(fail, timeoutMs)
  })
  try {
    return await Promise.race([answer, late])
  } catch (error) {
    // A mistake of ours must not pass for an outage.
    if (!(error instanceof kafkajs.KafkaJSError || error instanceof Failure) && !hasCode(error))
      throw error
    throw toFailure(error)
  } finally {
    clearTimeout(timer)
  }
}

/** A socket's error, `ECONNREFUSED` for one. */
function hasCode(error: unknown): boolean {
  return typeof (error as { code?: unknown } | undefined)?.code === 'string'
}
