/** A request as transformations see it. */
export type TransformRequest = Readonly<{
  method: string
  /** Path and query behind the service's name, as they came. */
  target: string
  /** Names and values in turn, as received. */
  rawHeaders: readonly string[]
  /** The whole body; empty where there is none. */
  body: Uint8Array
}>

/** An answer as transformations see it. */
export type TransformAnswer = Readonly<{
  status: number
  rawHeaders: readonly string[]
  body: Uint8Array
}>

/** A message as the expressions of a transformation see it: plain JSON. */
export type MessageDocument = Readonly<Record<string, unknown>>

/** The largest body that is transformed, bytes. */
export const TRANSFORMED_BODY_BYTES = 1_048_576

/** Why a message could not be transformed. Holds nothing of the message. */
export class TransformProblem extends Error {
  override readonly name = 'TransformProblem'
}
