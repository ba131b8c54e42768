import { Writable } from 'node:stream'

/** What a streaming handler writes to. */
export type StreamSink = Readonly<{
  head(prelude: unknown): void
  chunk(bytes: Uint8Array): void
  /** The prelude is not what it should be: the answer can't be given. */
  malformed(): void
}>

/** Written but not yet sent, bytes; above it the writer waits. */
const WINDOW_BYTES = 65_536
/** Parts the prelude from the body: eight NUL bytes (API Gateway, "Lambda proxy response streaming"). */
const DELIMITER = Buffer.alloc(8)
const PRELUDE_TYPE = 'application/vnd.awslambda.http-integration-response'
/** Where the delimiter must be found, bytes. */
const MAX_PRELUDE_BYTES = 16_384

/**
 * The response stream that Lambda hands to a streaming handler: first a JSON prelude with status and
 * headers, eight NUL bytes, then the body, which is passed on as it is written. It slows the writer
 * down to what the client takes.
 */
export class ResponseStream extends Writable {
  /** Lambda's runtime keeps this on the stream; `HttpResponseStream.from` sets it. */
  _onBeforeFirstWrite: ((write: (bytes: Uint8Array) => void) => void) | undefined
  readonly #sink: StreamSink
  #unsent = 0
  #goOn: (() => void) | undefined
  /** Bytes of the prelude so far; undefined when it is over. */
  #prelude: Buffer | undefined = Buffer.alloc(0)

  constructor(sink: StreamSink) {
    super({ decodeStrings: true })
    this.#sink = sink
  }

  /** API Gateway reads the prelude whatever the type says; kept because handlers call it. */
  setContentType(_contentType: string): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#begin()
    this.#pass(chunk)
    if (this.#unsent < WINDOW_BYTES) done()
    else this.#goOn = done
  }

  override _final(done: () => void): void {
    this.#begin()
    if (this.#prelude) this.#sink.malformed()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#goOn?.()
    done(error)
  }

  /** Bytes have reached the client: the writer may go on. */
  drained(bytes: number): void {
    this.#unsent -= bytes
    if (this.#unsent >= WINDOW_BYTES) return
    const goOn = this.#goOn
    this.#goOn = undefined
    goOn?.()
  }

  #begin(): void {
    const before = this._onBeforeFirstWrite
    this._onBeforeFirstWrite = undefined
    before?.((bytes) => this.#pass(Buffer.from(bytes)))
  }

  #pass(bytes: Buffer): void {
    if (this.#prelude) {
      const rest = this.#readPrelude(Buffer.concat([this.#prelude, bytes]))
      if (!rest || rest.byteLength === 0) return
      this.#send(rest)
    } else {
      this.#send(bytes)
    }
  }

  #send(bytes: Buffer): void {
    this.#unsent += bytes.byteLength
    this.#sink.chunk(Uint8Array.from(bytes))
  }

  /** The bytes behind the prelude, or undefined as long as it is not whole. */
  #readPrelude(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(DELIMITER)
    if (end < 0) {
      if (bytes.byteLength > MAX_PRELUDE_BYTES) this.#sink.malformed()
      this.#prelude = bytes
      return undefined
    }
    this.#prelude = undefined
    try {
      this.#sink.head(JSON.parse(bytes.subarray(0, end).toString()))
    } catch {
      this.#sink.malformed()
    }
    return bytes.subarray(end + DELIMITER.byteLength)
  }
}

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming')

type Streaming = { [STREAMING]?: unknown }

/** The global that Lambda's Node.js runtime gives to handlers that stream. */
export const awslambda = {
  streamifyResponse<T extends object>(handler: T): T {
    ;(handler as Streaming)[STREAMING] = 'response'
    return handler
  },
  HttpResponseStream: {
    from(stream: ResponseStream, prelude: unknown): ResponseStream {
      stream.setContentType(PRELUDE_TYPE)
      stream._onBeforeFirstWrite = (write) => {
        write(Buffer.from(JSON.stringify(prelude)))
        write(DELIMITER)
      }
      return stream
    },
  },
}

/** Whether a handler went through `awslambda.streamifyResponse`. */
export function isStreaming(handler: object): boolean {
  return (handler as Streaming)[STREAMING] === 'response'
}
