import { Readable } from 'node:stream'
import type { Actions } from '../domain/http/action.ts'
import type { Route } from '../domain/http/route.ts'
import { dispatch, type Invocation } from './dispatch.ts'

/** What a streaming function answers; a failure's body is text. */
export type StreamedResult = {
  statusCode: number
  headers?: Record<string, string | number | boolean>
  body: string | Readable
}

/**
 * Answers each request with the stream that the action of its route gives; see `dispatch`. The
 * action's signal aborts when the stream is over, for whatever reason.
 */
export function serveStream<const R extends Route>(
  routes: readonly R[],
  actions: Actions<R>,
): (...invocation: Invocation) => Promise<StreamedResult> {
  const call = dispatch(routes, actions)
  return async (event, context) => {
    const over = new AbortController()
    const answer = await call(event, context, { signal: over.signal })
    const { status = 200, stream = [], mediaType = 'text/plain', headers } = answer
    return {
      statusCode: status,
      headers: { 'content-type': mediaType, 'cache-control': 'no-store', ...headers },
      body: readable(stream, over),
    }
  }
}

/**
 * A stream of pieces that takes the next one only when the last has gone: a slow reader holds up the
 * source, not memory. Unlike `Readable.from` it ends at once, though the source still waits for a
 * next piece, and tells it so.
 */
function readable(
  pieces: AsyncIterable<string> | Iterable<string>,
  over: AbortController,
): Readable {
  const source =
    Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]()
  return new Readable({
    objectMode: true,
    highWaterMark: 1,
    read() {
      Promise.resolve(source.next()).then(
        ({ done, value }) => this.push(done ? null : value),
        (error: Error) => this.destroy(error),
      )
    },
    destroy(error, done) {
      over.abort()
      done(error)
    },
  })
}
