import { Failure } from '#shared/errors.ts'

/**
 * Whether to try again later: what is away comes back, and a right that was taken is given again. Only who
 * meets a later one ends, and a defect ends it.
 */
export function isPassing(error: unknown): boolean {
  return error instanceof Failure && error.kind !== 'Conflict'
}
