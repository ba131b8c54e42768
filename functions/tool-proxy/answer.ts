import { keptBytesOf } from '#shared/domain/calls/capture-rules.ts'
import { answerHeaders } from '#shared/domain/proxy/response-headers.ts'
import type { UpstreamAnswer, UpstreamFault } from '#shared/ports/upstream.ts'
import type { BodyKeeper } from './body-keeper.ts'
import type { ProxyDependencies } from './dependencies.ts'
import { ownHeaders } from './own-headers.ts'
import type { Passage } from './passage.ts'
import { recordCall } from './record.ts'

/**
 * Gives the caller what an instance answers, piece by piece as it comes and no faster than it is taken.
 * An answer that breaks off cuts the caller off, too: it must not look whole.
 *
 * @param keeper gets the whole body as well, where something else needs it.
 */
export function giveStreamed(
  dependencies: ProxyDependencies,
  passage: Passage,
  answer: UpstreamAnswer,
  keeper: BodyKeeper | undefined,
): Promise<void> {
  const { sink, call } = passage
  const { status, rawHeaders } = answer
  beginAnswer(dependencies, passage, status, rawHeaders)
  sink.head(status, answerHeaders(rawHeaders, status, ownHeaders(passage)))
  const { body } = sink
  const tap = passage.responseTap
  body.on('drain', () => answer.resume())
  return new Promise((done) => {
    answer.take({
      data(piece) {
        tap?.add(piece)
        keeper?.add(piece)
        if (!body.write(piece)) answer.pause()
      },
      end() {
        if (call.presence.left) passage.fault = LEFT
        else body.end()
        keeper?.end()
        recordCall(dependencies, passage)
        done()
      },
      fault(fault) {
        breakOff(dependencies, passage, fault)
        keeper?.drop()
        done()
      },
    })
  })
}

/** Gives the caller an answer that is at hand. */
export function giveWhole(
  dependencies: ProxyDependencies,
  passage: Passage,
  status: number,
  rawHeaders: readonly string[],
  content: Uint8Array,
): void {
  const { sink, call } = passage
  beginAnswer(dependencies, passage, status, rawHeaders)
  passage.responseTap?.add(content)
  if (call.presence.left) passage.fault = LEFT
  else {
    sink.head(status, answerHeaders(rawHeaders, status, ownHeaders(passage)))
    if (content.byteLength > 0) sink.body.end(content)
    else sink.body.end()
  }
  recordCall(dependencies, passage)
}

const LEFT: UpstreamFault = { kind: 'caller-left', detail: 'The caller left.' }

function beginAnswer(
  { tap }: ProxyDependencies,
  passage: Passage,
  status: number,
  rawHeaders: readonly string[],
): void {
  const { capture } = passage
  passage.status = status
  passage.answered = true
  passage.responseHeaders = rawHeaders
  if (capture.mode !== 'off')
    passage.responseTap = tap(keptBytesOf(capture), capture.mode === 'full')
}

function breakOff(dependencies: ProxyDependencies, passage: Passage, fault: UpstreamFault): void {
  passage.fault = fault
  passage.sink.cut()
  recordCall(dependencies, passage)
}
