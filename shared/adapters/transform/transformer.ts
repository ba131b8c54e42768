import {
  answerDocument,
  answerOf,
  requestDocument,
  requestOf,
} from '../../domain/routing/message-document.ts'
import type { Transformation, TransformStep } from '../../domain/routing/rules.ts'
import { stepOf } from '../../domain/routing/step-of.ts'
import {
  type MessageDocument,
  TRANSFORMED_BODY_BYTES,
  type TransformAnswer,
  TransformProblem,
  type TransformRequest,
} from '../../domain/routing/transform-message.ts'
import { Failure } from '../../errors.ts'
import type { Transformer } from '../../ports/transformer.ts'
import { requireBounded } from './bounds.ts'
import { runJsonPatch } from './run-json-patch.ts'
import { jsonataRunner } from './run-jsonata.ts'

/** Runs declared steps by JSONata (https://docs.jsonata.org) and JSON Patch (RFC 6902). */
export function transformer(): Transformer {
  const runJsonata = jsonataRunner()

  async function run(
    transformation: Transformation,
    message: MessageDocument,
  ): Promise<MessageDocument> {
    const given =
      transformation.kind === 'jsonata'
        ? await runJsonata(transformation.expression, message)
        : await runJsonPatch(transformation.operations, message)
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw new TransformProblem('it gave no object')
    }
    requireBounded(given)
    return given as MessageDocument
  }

  async function requestThrough(step: TransformStep, request: TransformRequest) {
    if (!step.request) return request
    const document = requestDocument(request)
    return requestOf(request, document, await run(step.request, document))
  }

  async function answerThrough(step: TransformStep, answer: TransformAnswer) {
    if (!step.response) return answer
    const document = answerDocument(answer)
    return answerOf(answer, document, await run(step.response, document))
  }

  return {
    async request({ hops }, request) {
      const steps: TransformStep[] = []
      let now = request
      for (const hop of hops) {
        const step = stepOf(hop, now.method, now.target)
        if (!step) continue
        const before = now
        now = await explained(step, 'request', before, () => requestThrough(step, before))
        steps.push(step)
      }
      const back = steps.filter(({ response }) => response).reverse()
      return {
        request: back.length > 0 ? { ...now, rawHeaders: askingForPlain(now.rawHeaders) } : now,
        transformsAnswer: back.length > 0,
        async answer(answer) {
          if (answer.status < 200 || answer.status > 299 || answer.body.byteLength === 0)
            return answer
          let made = answer
          for (const step of back) {
            const before = made
            made = await explained(step, 'answer', before, () => answerThrough(step, before))
          }
          return made
        },
      }
    },
  }
}

/** Says which step failed on what; JSONata's message may hold words of the call, so only its code. */
async function explained<M extends Readonly<{ body: Uint8Array }>>(
  { from, to }: TransformStep,
  direction: 'request' | 'answer',
  message: M,
  run: () => Promise<M>,
): Promise<M> {
  try {
    if (message.body.byteLength > TRANSFORMED_BODY_BYTES) {
      throw new TransformProblem(`its body is larger than ${TRANSFORMED_BODY_BYTES} bytes`)
    }
    return await run()
  } catch (error) {
    const why = error instanceof TransformProblem ? error.message : `JSONata's ${codeOf(error)}`
    throw new Failure(
      'TransformFailed',
      `The ${direction} could not be transformed between ${from} and ${to}: ${why}.`,
      { cause: error },
    )
  }
}

/** An answer that is compressed, or a part, can't be read. */
function askingForPlain(rawHeaders: readonly string[]): readonly string[] {
  const kept = rawHeaders.filter((_, at) => !PARTIAL.test(rawHeaders[at - (at % 2)] ?? ''))
  return [...kept, 'accept-encoding', 'identity']
}

const PARTIAL = /^(?:accept-encoding|range|if-range)$/i

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error && 'code' in error ? String(error.code) : 'own failure'
