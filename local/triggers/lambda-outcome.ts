import type { Outcome } from '../lambda/outcome.ts'
import { TOO_LARGE } from './batch-plan.ts'

/** What `Invoke` answers, as far as it matters here. */
export type InvokeAnswer = Readonly<{
  FunctionError?: string | undefined
  Payload?: Uint8Array | undefined
}>

/** The function can't be loaded: none of its records is to blame (Lambda runtime API, error types). */
const NOT_LOADED = new Set([
  'Runtime.ImportModuleError',
  'Runtime.HandlerNotFound',
  'Runtime.MalformedHandlerName',
  'Runtime.UserCodeSyntaxError',
  'Runtime.InvalidEntrypoint',
])
const TIMED_OUT = /Task timed out after|^Sandbox\.Timedout$/
/** A refusal that these records brought about; any other one is the place's. */
const REFUSED_RECORDS = 'InvalidRequestContentException'

/** How an invocation went that Lambda answered. */
export function readInvocation({ FunctionError, Payload }: InvokeAnswer): Outcome {
  const text = Buffer.from(Payload ?? []).toString()
  const value = parsed(text)
  if (value === MALFORMED) {
    const message = `the function answered no JSON: ${text.slice(0, 200)}`
    return { type: 'error', errorType: 'MalformedAnswer', message }
  }
  return FunctionError ? readFunctionError(value, FunctionError) : { type: 'result', value }
}

function readFunctionError(value: unknown, kind: string): Outcome {
  const given = (value ?? {}) as { errorType?: unknown; errorMessage?: unknown }
  const errorType = String(given.errorType ?? kind)
  const message = String(given.errorMessage ?? '')
  if (TIMED_OUT.test(errorType) || TIMED_OUT.test(message)) return { type: 'timeout' }
  if (NOT_LOADED.has(errorType)) {
    return { type: 'crash', message: `${errorType}: ${message}`, loaded: false }
  }
  return { type: 'error', errorType, message }
}

const MALFORMED = Symbol('no JSON')

function parsed(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return MALFORMED
  }
}

/** What it means that Lambda refused an invocation, or could not be asked. */
export function readRefusal(functionName: string, error: unknown): Outcome {
  const { name, message, status } = errorParts(error)
  if (name === 'TooManyRequestsException' || status === 429) return { type: 'throttled' }
  if (name === TOO_LARGE || status === 413) return { type: 'error', errorType: TOO_LARGE, message }
  if (name === REFUSED_RECORDS) return { type: 'error', errorType: name, message }
  if (name === 'ResourceNotFoundException') {
    return { type: 'unreachable', message: `there is no function ${functionName}: is it deployed?` }
  }
  return { type: 'unreachable', message: `${functionName} can't be invoked: ${name}: ${message}` }
}

function errorParts(error: unknown) {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), status: undefined }
  // Of several addresses that were tried in vain, each has its own reason.
  const reasons = error instanceof AggregateError ? error.errors.map(String).join('; ') : ''
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
  return {
    name: error.name,
    message: error.message || reasons,
    status: $metadata?.httpStatusCode,
  }
}
