import { PassThrough, type Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { AnswerSink } from './incoming-call.ts'

/** Opens the stream of an answer from its status and headers. */
export type OpenAnswer = (
  metadata: Readonly<{ statusCode: number; multiValueHeaders: Record<string, string[]> }>,
) => Writable

/** Writes an answer to Lambda's response stream. */
export class LambdaSink implements AnswerSink {
  readonly body = new PassThrough()
  /** Resolves when the answer is out; rejects when it was cut off. */
  readonly done: Promise<void>
  readonly #open: OpenAnswer
  readonly #settle: (written: Promise<void>) => void
  #begun = false

  constructor(open: OpenAnswer) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#open = open
    this.done = promise
    // It may be cut off before anybody waits.
    promise.catch(() => undefined)
    this.body.on('error', () => undefined)
    this.#settle = resolve
  }

  /** API Gateway has sent the body already. */
  proceed(): void {}

  /** API Gateway passes no 1xx answers on. */
  informational(): void {}

  head(statusCode: number, rawHeaders: readonly string[]): void {
    this.#begun = true
    const response = this.#open({ statusCode, multiValueHeaders: gathered(rawHeaders) })
    // Sends the status and headers before there is a body.
    response.write('')
    this.body.pipe(response)
    this.body.on('error', (error) => response.destroy(error))
    response.on('error', () => this.body.destroy())
    this.#settle(finished(response))
  }

  decline(): void {}

  cut(): void {
    const reason = new Error('the answer broke off')
    if (!this.#begun) this.#settle(Promise.reject(reason))
    this.body.destroy(reason)
  }
}

/** By name, as API Gateway takes them; names that differ in case alone are one. */
function gathered(rawHeaders: readonly string[]): Record<string, string[]> {
  const byName = new Map<string, [string, string[]]>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const known = byName.get(name.toLowerCase())
    if (known) known[1].push(rawHeaders[at + 1] as string)
    else byName.set(name.toLowerCase(), [name, [rawHeaders[at + 1] as string]])
  }
  return Object.fromEntries(byName.values())
}
