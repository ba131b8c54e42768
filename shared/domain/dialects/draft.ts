import type { Known } from '../events/description.ts'

/** One wrong place of a request: a JSON pointer (RFC 6901) into its body and what is wrong there. */
export type FieldProblem = Readonly<{ pointer: string; detail: string }>

/** What a dialect made of one event, before redaction and intake's own stamps. */
export type Draft = {
  /** Left out: intake makes one. */
  id: string | undefined
  source: string
  type: string
  /** RFC 3339. Left out: the time of arrival. */
  time: string | undefined
  attributes: Record<string, string | undefined>
  /** What the dialect knows that data and type don't tell. */
  known: Known
  /** The payload's JSON value; undefined where it is no JSON. */
  data: unknown
  /** The payload as it came; undefined where it is part of a larger body: then `data` is written. */
  body: string | Uint8Array | null | undefined
}

/** An event that can't be taken, and every reason why. */
export type Invalid = Readonly<{ problems: readonly FieldProblem[] }>

export type Item = Draft | Invalid

export function isInvalid(item: Item): item is Invalid {
  return 'problems' in item
}

/** A request that can't be read at all. Kinds are those of `Failure`. */
export type Refused = Readonly<{
  type: 'refused'
  kind: 'Malformed' | 'TooLarge' | 'UnsupportedMedia' | 'InvalidInput'
  detail: string
  problems: readonly FieldProblem[]
}>

/** What a request holds. */
export type Reading =
  | Readonly<{
      type: 'events'
      items: readonly Item[]
      /** `whole`: one that is invalid refuses them all. */
      form: 'single' | 'batch' | 'whole-batch'
    }>
  | Readonly<{ type: 'challenge'; answer: Readonly<Record<string, string>> }>
  | Refused

/** Events in one request at most. */
export const MAX_BATCH = 1_000

/** Refuses a request as a whole. */
export function refused(
  kind: Refused['kind'],
  detail: string,
  problems: readonly FieldProblem[] = [],
): Refused {
  return { type: 'refused', kind, detail, problems }
}
