import { CALL_SOURCE } from '../calls/call-event.ts'
import type { BridgeEvent } from '../events/event.ts'
import { digest, identityOf } from '../recording/identity.ts'
import type { HealthChange, ObservedCall } from './observed-call.ts'
import { shapeOf } from './shape.ts'

/** Faults that say something of the service, not of the caller, of our rules or of the network's guard. */
const SERVICE_FAULTS: ReadonlySet<unknown> = new Set([
  'unreachable',
  'tls',
  'reset',
  'malformed-response',
  'timeout',
])
/** Answers that no upstream gave for this call. */
const FROM_CACHE: ReadonlySet<unknown> = new Set(['hit', 'stale', 'shared'])
const FIRST_SERVER_ERROR = 500
const OK = 200

type Json = Readonly<Record<string, unknown>>

/**
 * What a call's event (docs/reference/calls.md) teaches of the service; undefined for what reached no
 * service: refusals, answers from the cache, callers that left.
 */
export function observeCall(event: BridgeEvent): ObservedCall | undefined {
  if (event.source !== CALL_SOURCE) return undefined
  const data = jsonOf(event)
  const { service, operation, status, outcome, fault, timings, route, response } = data ?? {}
  const { version, revision, wanted, cache } = objectOf(route)
  const faultKind = objectOf(fault).kind
  const { upstream_ms: ms } = objectOf(timings)
  if (!isText(service) || !isText(operation) || !isText(version)) return undefined
  if (outcome === 'cancelled' || FROM_CACHE.has(cache) || typeof ms !== 'number') return undefined
  if (faultKind !== undefined && !SERVICE_FAULTS.has(faultKind)) return undefined
  const failed = faultKind !== undefined || Number(status) >= FIRST_SERVER_ERROR
  const answer = failed ? undefined : repeatable(data ?? {})
  const shape = status === OK ? answeredShape(objectOf(response)) : undefined
  return {
    identity: identityOf(event),
    service,
    version,
    operation: operation.startsWith(`${service} `)
      ? operation.slice(service.length + 1)
      : operation,
    ...{ failed, ms, leftToRules: wanted === undefined, revision: Number(revision ?? 0) },
    ...(answer ? { answer } : {}),
    ...(shape ? { shape } : {}),
  }
}

/** A question without consequences, asked anew: its answer may be kept if it stays the same. */
function repeatable({ method, path, query, status, response }: Json): ObservedCall['answer'] {
  const { headers, digest: answered } = objectOf(response)
  if (method !== 'GET' || status !== OK || !isText(answered) || !isText(path)) return undefined
  const names = new Set(Object.keys(objectOf(headers)).map((name) => name.toLowerCase()))
  if (names.has('set-cookie')) return undefined
  return { question: digest(`${path}?${query ?? ''}`), digest: answered }
}

function answeredShape({ body, body_cut: isCut }: Json): ObservedCall['shape'] {
  if (!isText(body) || isCut === true || !/^\s*[{[]/.test(body)) return undefined
  try {
    return shapeOf(JSON.parse(body))
  } catch {
    // Text that only begins like JSON.
    return undefined
  }
}

/** A change of an instance's health or circuit; undefined for other events. */
export function observeChange(event: BridgeEvent): HealthChange | undefined {
  const { service, instance } = jsonOf(event) ?? {}
  const at = Date.parse(event.time)
  if (!event.type.startsWith('services.health.') || !isText(service) || !isText(instance)) {
    return undefined
  }
  return Number.isNaN(at) ? undefined : { identity: identityOf(event), service, instance, at }
}

function jsonOf(event: BridgeEvent): Json | undefined {
  const { body } = event
  if (typeof body !== 'string') return undefined
  try {
    return objectOf(JSON.parse(body))
  } catch {
    // Not ours: a sender's own event of that type.
    return undefined
  }
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
