import type { APIGatewayEventClientCertificate } from 'aws-lambda'
import type { PackedRecords } from './pack-records.ts'

/**
 * What the main thread and a function's worker say to each other. Tuples, and many of them in one
 * message: the structured clone of a short array costs a fraction of an object's, and waking the
 * other thread costs more than either.
 */

/** The request behind an HTTP invocation; the worker makes the API Gateway event of it. */
export type HttpCall = readonly [
  route: number,
  method: string,
  /** Path and query as they came. */
  target: string,
  /** Values of the path's parameters in their order, decoded. */
  params: readonly string[],
  /** Names and values in turn, as `http.IncomingMessage.rawHeaders`. */
  headers: readonly string[],
  sourceIp: string,
  /** base64, null for none. */
  body: string | null,
  /** Of a client that has proved to be its holder. */
  clientCert: APIGatewayEventClientCertificate | null,
]

/** An invocation: its id on the wire, when its time is over (ms since the epoch), its request id. */
type Invocation = readonly [id: number, deadline: number, requestId: string]

export type Command =
  | readonly ['http', ...Invocation, HttpCall]
  | readonly ['records', ...Invocation, PackedRecords]
  | readonly ['event', ...Invocation, unknown]
  /** The caller has gone: whatever the invocation still writes goes nowhere. */
  | readonly ['abort', id: number]
  /** So many bytes of a stream have left. */
  | readonly ['drained', id: number, bytes: number]
  | readonly ['ping']

export type Report =
  | readonly ['ready']
  | readonly ['broken', errorType: string, message: string]
  | readonly ['answer', id: number, status: number, headers: readonly string[], body: Body]
  | readonly ['result', id: number, value: unknown]
  | readonly ['error', id: number, errorType: string, message: string, stack: string]
  | readonly ['head', id: number, status: number, headers: readonly string[]]
  | readonly ['chunk', id: number, bytes: Uint8Array]
  | readonly ['end', id: number]
  | readonly ['pong']

export type Body = string | Uint8Array

/** What a worker is started with. */
export type WorkerSettings = Readonly<{
  /** Where the bundle lies. */
  folder: string
  handler: string
  functionName: string
  arn: string
  memoryMb: number
  /** Nobody waits for its answers: it gets what the others leave of the processor. */
  background: boolean
  api: Readonly<{ id: string; stage: string }>
  /** Path and parameter names of every route, in the order that `HttpCall` counts them. */
  routes: readonly Readonly<{ path: string; params: readonly string[] }>[]
}>
