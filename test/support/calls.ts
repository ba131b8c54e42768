import type { Call, CallMessage } from '#shared/domain/calls/call.ts'

type MessageOptions = Readonly<{
  headers?: Readonly<Record<string, string>>
  rawHeaders?: readonly string[]
  body?: string | Uint8Array
  /** As if so many bytes of the body had been kept. */
  keep?: number
  digest?: string
}>

/** A message whose body is all kept, unless `keep` says how much of it. */
export function aMessage({
  headers = {},
  rawHeaders,
  body = '',
  keep,
  digest,
}: MessageOptions = {}) {
  const bytes = Buffer.from(body)
  return {
    rawHeaders: rawHeaders ?? Object.entries(headers).flat(),
    kept: bytes.subarray(0, keep),
    bytes: bytes.byteLength,
    ...(digest === undefined ? {} : { digest }),
  } satisfies CallMessage
}

/** A message of JSON. */
export const jsonMessage = (value: unknown, options: MessageOptions = {}) =>
  aMessage({
    body: JSON.stringify(value),
    ...options,
    headers: { 'Content-Type': 'application/json', ...options.headers },
  })

/** A call of `invoices` that went well, but for what is said. */
export function aCall(changes: Partial<Call> = {}): Call {
  return {
    id: '01935a0e-7c00-7000-8000-000000000001',
    correlationId: '4bf92f3577b34da6a3ce929d0e0e4736',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    startedAt: Date.parse('2026-11-20T10:00:00.000Z'),
    service: 'invoices',
    method: 'GET',
    target: '/invoices/42?page=2',
    operation: 'GET /invoices/{id}',
    caller: { kind: 'key', id: 'key-1', name: 'billing' },
    request: aMessage({ headers: { Accept: 'application/json' } }),
    response: jsonMessage({ id: 42, total: 12.5 }),
    status: 200,
    outcome: 'ok',
    timings: { dns: 0.1, connect: 0.4, firstByte: 4.2, upstream: 4.5, total: 5.25 },
    route: {
      wanted: '^1.2',
      version: '1.4.0',
      instance: 'invoices-a',
      why: 'highest version that satisfies ^1.2',
      revision: 3,
      attempts: [{ instance: 'invoices-a', outcome: 'ok', ms: 4.5 }],
      cache: 'off',
      stale: false,
    },
    ...changes,
  }
}
