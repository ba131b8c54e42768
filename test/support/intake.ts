import { gzipSync } from 'node:zlib'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { receiveHooks } from '#functions/hook-receiver/hook-receiver.ts'
import type { AccessSnapshot, SourceSettings } from '#shared/domain/access.ts'
import { arrivalClock } from '#shared/domain/events/arrival.ts'
import { digestOf } from '#shared/domain/keys.ts'
import type { EventLog, NewRecord } from '#shared/ports/event-log.ts'
import type { Spill } from '#shared/ports/spill.ts'
import { callersOf, fixedSnapshots } from './access.ts'

export const WRITER = 'omni_000000000001_writer'
export const READER = 'omni_000000000002_reader'
export const EXPIRED = 'omni_000000000003_expired'
export const NOW_MS = Date.parse('2026-03-01T12:00:00.000Z')

/** What a request of the tests says; everything else is as a native hook's. */
export type TestRequest = Readonly<{
  method?: string
  source?: string
  headers?: Readonly<Record<string, string>>
  /** A value becomes JSON; text and bytes go as they are. */
  body?: unknown
  key?: string | null
}>

/** The API Gateway event of a request. */
export function requestOf({ method = 'POST', source, headers, body, key = WRITER }: TestRequest) {
  const bytes =
    body instanceof Uint8Array
      ? Buffer.from(body)
      : Buffer.from(typeof body === 'string' ? body : (JSON.stringify(body) ?? ''))
  return {
    httpMethod: method,
    resource: source === undefined ? '/hooks' : '/hooks/{source}',
    path: source === undefined ? '/hooks' : `/hooks/${source}`,
    pathParameters: source === undefined ? null : { source },
    headers: {
      'content-type': 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: bytes.length === 0 ? null : bytes.toString('base64'),
    isBase64Encoded: true,
    requestContext: { requestId: '6b3f1c1e-0000-4000-8000-000000000000' },
  } as unknown as APIGatewayProxyEvent
}

/** A receiver on a log that remembers what it was given; `append` takes its place. Without a spill. */
export function receiver(
  sources: readonly SourceSettings[] = [],
  append?: EventLog['append'],
  spill?: Pick<Spill, 'put'>,
): Readonly<{
  post: (request: TestRequest) => ReturnType<ReturnType<typeof receiveHooks>>
  records: NewRecord[]
}> {
  const records: NewRecord[] = []
  const snapshot: AccessSnapshot = {
    version: 1,
    sources,
    keys: [
      key(WRITER, 'writer'),
      key(READER, 'reader'),
      { ...key(EXPIRED, 'writer'), expiresAt: '2026-01-01T00:00:00Z' },
    ],
  }
  const receive = receiveHooks({
    log: {
      append:
        append ??
        (async (batch) => {
          records.push(...batch)
          return batch.map(({ topic }, offset) => ({ topic, partition: 0, offset }))
        }),
    },
    spill,
    access: fixedSnapshots(snapshot),
    callers: callersOf(snapshot, () => new Date(NOW_MS)),
    openSecret: (sealed) => sealed,
    now: () => new Date(NOW_MS),
    nowMs: () => performance.now(),
    arrival: arrivalClock(() => NOW_MS),
  })
  return { post: (request) => receive(requestOf(request)), records }
}

function key(secret: string, role: 'writer' | 'reader'): AccessSnapshot['keys'][number] {
  return { id: secret.slice(5, 17), name: role, digest: digestOf(secret), roles: [role] }
}

export const gzipped = (value: unknown) => gzipSync(JSON.stringify(value))
