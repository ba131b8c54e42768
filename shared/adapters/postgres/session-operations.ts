import type { OperationChange } from '../../domain/sessions/operation-changes.ts'
import type { Transaction } from './connect.ts'
import { numberArray, textArray } from './event-array.ts'

/** Adds to the counts per step, operation, source and latency bucket. */
export function addOperations(tx: Transaction, changes: readonly OperationChange[]) {
  return tx`
    insert into metrics.operation as o (step, start, operation, source, bucket, count, errors)
    select step, timestamptz 'epoch' + start * interval '1 microsecond', operation, source, bucket,
      count, errors
    from unnest(
      ${numberArray(changes, ({ stepMinutes }) => stepMinutes)}::text::smallint[],
      ${numberArray(changes, ({ start }) => start)}::text::bigint[],
      ${textArray(changes, ({ operation }) => operation)}::text::text[],
      ${textArray(changes, ({ source }) => source)}::text::text[],
      ${numberArray(changes, ({ bucket }) => bucket)}::text::smallint[],
      ${numberArray(changes, ({ count }) => count)}::text::integer[],
      ${numberArray(changes, ({ errors }) => errors)}::text::integer[]
    ) as c (step, start, operation, source, bucket, count, errors)
    on conflict (step, start, operation, source, bucket) do update set
      count = o.count + excluded.count, errors = o.errors + excluded.errors`
}
