import { keyPrefixes } from '../../domain/catalog/key-parts.ts'
import { readSharedBreaker } from '../../domain/resilience/shared-breaker.ts'
import { isForgotten } from '../../domain/resilience/sharing.ts'
import type { KeyValue } from '../../ports/key-value.ts'

/**
 * Deletes the records that nobody needs any more, and what can't be read; one that is written meanwhile
 * stays. Answers how many. @throws as `KeyValue` does
 */
export async function sweepBreakers(
  keyValue: Pick<KeyValue, 'list' | 'remove'>,
  nowMs: number,
): Promise<number> {
  let removed = 0
  for (const { key, value, version } of await keyValue.list(keyPrefixes.breakers)) {
    const breaker = readSharedBreaker(value)
    if (breaker && !isForgotten(breaker, nowMs)) continue
    if (await keyValue.remove(key, version)) removed += 1
  }
  return removed
}
