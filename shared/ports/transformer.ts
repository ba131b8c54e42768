import type { TransformAnswer, TransformRequest } from '../domain/routing/transform-message.ts'
import type { TransformPath } from '../domain/routing/transform-path.ts'

/** A request in the form of the version that serves it, and the way back for its answer. */
export type TransformedRequest = Readonly<{
  /** Asks for an answer that is whole and not compressed where `transformsAnswer`. */
  request: TransformRequest
  /** Whether the answer has to come back through `answer`: its whole body must be at hand then. */
  transformsAnswer: boolean
  /**
   * The answer in the form of the caller's version; one without a body or of another status than 2xx
   * stays as it is.
   *
   * @throws `TransformFailed`
   */
  answer(answer: TransformAnswer): Promise<TransformAnswer>
}>

/** Takes calls over the declared steps between versions. */
export interface Transformer {
  /**
   * @throws `TransformFailed` (502): a step failed, or the message is none it can read. Its message holds
   *   nothing of the call; its cause may, for those who write the steps.
   */
  request(path: TransformPath, request: TransformRequest): Promise<TransformedRequest>
}
