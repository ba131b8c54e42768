import type { Operation } from 'fast-json-patch'
import { TRANSFORMED_BODY_BYTES, TransformProblem } from '../../domain/routing/transform-message.ts'
import { sizeWithin } from './bounds.ts'

type Operations = readonly Readonly<Record<string, unknown>>[]

const MOST_DEPTH = 64

/**
 * Applies operations (RFC 6902) to a copy of a document. `__proto__` and the like can't be reached.
 *
 * @throws `TransformProblem` naming the operation that failed
 */
export async function runJsonPatch(operations: Operations, input: unknown): Promise<unknown> {
  const { default: patch } = await import('fast-json-patch')
  let document = structuredClone(input)
  let room = TRANSFORMED_BODY_BYTES
  // Copies: what one message was given must not be there for the next.
  for (const [at, operation] of structuredClone([...operations]).entries()) {
    try {
      // A few that copy the whole document would double it over and over.
      if (operation.op === 'copy') {
        room = sizeWithin(
          patch.getValueByPointer(document, String(operation.from)),
          room,
          MOST_DEPTH,
        )
        if (room < 0) throw new TransformProblem('it copies too much')
      }
      const applied = patch.applyOperation(
        document,
        operation as unknown as Operation,
        true,
        true,
        true,
      )
      document = applied.newDocument
    } catch (error) {
      const why = error instanceof TransformProblem ? error.message : codeOf(error)
      throw new TransformProblem(`operation ${at} (${operation.op}) failed: ${why}`)
    }
  }
  return document
}

/** Only the code: the message holds the document. */
const codeOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')
