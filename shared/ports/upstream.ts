import type { CallFault } from '../domain/calls/call.ts'

/** Where a request is sent. */
export type UpstreamInstance = Readonly<{
  service: string
  id: string
  /** A host name or an IP address, IPv6 without brackets. */
  address: string
  port: number
  /** `https` is spoken over TLS, `connect` over the mesh's, everything else as plain HTTP/1.1. */
  protocol: string
}>

export type UpstreamRequest = Readonly<{
  instance: UpstreamInstance
  method: string
  /** Path and query, byte for byte. */
  target: string
  /** Names and values in turn, complete: framing and `Host` included. */
  rawHeaders: readonly string[]
  body: Buffer | NodeJS.ReadableStream | undefined
  /** For the answer's head, from when the last piece of the request was sent, ms. */
  headMs: number
  /** For each next piece of the answer's body, ms. */
  idleMs: number
  /** Whether it may be sent again when a kept connection turns out closed (RFC 9112, section 9.3.1). */
  repeatable: boolean
  /** A 1xx answer came in between. */
  onInformational?: (status: number, rawHeaders: readonly string[]) => void
}>

/** Why there is no answer, or only a part of one. */
export type UpstreamFault = Readonly<{ kind: CallFault; detail: string }>

/** ms; connection steps only where a connection was made for this request. */
export type UpstreamTimings = { dns?: number; connect?: number; tls?: number; firstByte?: number }

export type UpstreamOutcome =
  | Readonly<{ type: 'answer'; answer: UpstreamAnswer }>
  | Readonly<{
      type: 'fault'
      fault: UpstreamFault
      /** Whether anything of the request may have reached the instance. */
      sent: boolean
      timings: UpstreamTimings
    }>

/** An answer's head, and its body to be taken. */
export interface UpstreamAnswer {
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly timings: UpstreamTimings
  /** Begins the body; called once, in the same turn as the outcome was had or later. */
  take(taker: BodyTaker): void
  /** Holds up the body, and lets it go on. */
  pause(): void
  resume(): void
}

/** Takes a body piece by piece; exactly one of `end` and `fault` comes last. */
export interface BodyTaker {
  data(piece: Buffer): void
  end(): void
  fault(fault: UpstreamFault): void
}

/** A request that is under way. */
export interface UpstreamExchange {
  /** Never rejects. */
  readonly outcome: Promise<UpstreamOutcome>
  /** Ends it, whatever was reached; `detail` says why. No-op once it is over. */
  cancel(fault: UpstreamFault): void
}

/** Sends requests to instances, over connections that are kept. */
export interface Upstream {
  send(request: UpstreamRequest): UpstreamExchange
  close(): Promise<void>
}
