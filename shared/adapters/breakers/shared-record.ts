import { readSharedBreaker, type SharedBreaker } from '../../domain/resilience/shared-breaker.ts'
import { breakerKey, compareWithShared } from '../../domain/resilience/sharing.ts'
import { Failure } from '../../errors.ts'
import type { KeyValue } from '../../ports/key-value.ts'

/** Others may write the same record at the same moment so many times. */
const MOST_RACES = 10

/** How a change stands to what all environments know; see `compareWithShared`. */
export type SharedAs = ReturnType<typeof compareWithShared>

/**
 * Writes a change if it is later than what all environments know, by compare-and-set.
 *
 * @param mayBeWritten whether it was tried before and failed: then it may have happened
 * @throws as `KeyValue` does, and `Unavailable` when too many write at once
 */
export async function writeShared(
  keyValue: Pick<KeyValue, 'get' | 'create' | 'replace'>,
  change: SharedBreaker,
  mayBeWritten: boolean,
): Promise<SharedAs> {
  const key = breakerKey(change)
  const text = JSON.stringify(change)
  for (let races = 0; races < MOST_RACES; races++) {
    const found = await keyValue.get(key)
    if (mayBeWritten && found?.value === text) return 'written'
    const compared = compareWithShared(change, found && readSharedBreaker(found.value))
    if (compared !== 'written') return compared
    const isWritten = found
      ? await keyValue.replace(key, text, found.version)
      : await keyValue.create(key, text)
    if (isWritten) return 'written'
  }
  throw new Failure('Unavailable', `the record of circuit ${key} changes all the time`)
}
