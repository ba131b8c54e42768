import type { Readable, Writable } from 'node:stream'
import type { ClientCertificate } from '#shared/ports/callers.ts'

/** A request to the proxy, as the place it runs in received it. */
export type IncomingCall = Readonly<{
  method: string
  /** Names and values in turn, in the caller's case and order. */
  rawHeaders: readonly string[]
  /** `/proxy/{service}/{path}?{query}` byte for byte, where the place has the bytes. */
  target: string
  httpVersion: string
  /** A stream that nobody reads yet may turn out empty: the headers say whether there is content. */
  body: Readable | Buffer | undefined
  peer: Peer
  presence: Presence
  /** When its head was there, ms of `performance.now()`. */
  receivedAt: number
}>

/** Whether the caller is still there. An `AbortSignal` per call would cost more than all header rules. */
export interface Presence {
  readonly left: boolean
  /** Called once, when the caller leaves; at once where it has. A later listener takes its place. */
  onLeave(listener: () => void): void
}

/** Who is at the other end of the caller's connection. */
export type Peer = Readonly<{
  /** IP address */
  address: string
  scheme: 'http' | 'https'
  certificate: ClientCertificate | undefined
  /** The verified certificate as PEM, where a gateway passes that on instead. */
  certificatePem?: string | undefined
}>

/** Where the answer goes. Nothing is thrown once the caller has left; what is written then is lost. */
export interface AnswerSink {
  /** The caller may send its body: it asked by `Expect: 100-continue`. */
  proceed(): void
  /** A 1xx answer; dropped where the place has none. */
  informational(status: number, rawHeaders: readonly string[]): void
  /** The answer's head: once, before the body. */
  head(status: number, rawHeaders: readonly string[]): void
  readonly body: Writable
  /**
   * What is left of the request's body is not wanted; called before `head`.
   *
   * @param distrust whether nothing that follows on the connection is to be believed.
   */
  decline(distrust: boolean): void
  /** Cuts the caller off, so that what it got so far can't be taken for the whole. */
  cut(): void
}
