import type { SketchCount } from '../../domain/patterns/counts.ts'
import type { BucketCount } from '../../domain/sketch/ddsketch.ts'
import { merge, pack, unpack } from '../../domain/sketch/packed.ts'
import { arrayText } from './array-text.ts'
import type { Transaction } from './connect.ts'

type Row = Omit<SketchCount, 'buckets'> & Readonly<{ buckets: Uint8Array }>

const keyOf = ({ scope, operation, next, period }: Omit<SketchCount, 'buckets'>) =>
  `${scope},${operation},${next},${period}`

/** The sketches that changes belong to, by key, as they are. Under `lockCounts`. */
export async function readSketches(
  tx: Transaction,
  changes: readonly SketchCount[],
): Promise<ReadonlyMap<string, readonly BucketCount[]>> {
  if (changes.length === 0) return new Map()
  const rows = await tx<Row[]>`
    select sketch.* from unnest(
      ${arrayText(changes, (c) => c.scope)}::text::integer[],
      ${arrayText(changes, (c) => c.operation)}::text::integer[],
      ${arrayText(changes, (c) => c.next)}::text::integer[],
      ${arrayText(changes, (c) => c.period)}::text::integer[]
    ) as change (scope, operation, next, period)
    join patterns.sketch using (scope, operation, next, period)`
  return new Map(rows.map((row) => [keyOf(row), unpack(row.buckets)]))
}

/** Writes the sketches with their changes. */
export async function writeSketches(
  tx: Transaction,
  changes: readonly SketchCount[],
  known: ReadonlyMap<string, readonly BucketCount[]>,
): Promise<void> {
  if (changes.length === 0) return
  const packed = changes.map((change) => {
    const buckets = [...change.buckets].map(([bucket, count]) => ({ bucket, count }))
    const before = known.get(keyOf(change)) ?? []
    return Buffer.from(
      pack(
        merge([
          { buckets: before, weight: 1 },
          { buckets, weight: 1 },
        ]),
      ),
    ).toString('hex')
  })
  await tx`
    insert into patterns.sketch as kept (scope, operation, next, period, buckets)
    select scope, operation, next, period, decode(packed, 'hex') from unnest(
      ${arrayText(changes, (c) => c.scope)}::text::integer[],
      ${arrayText(changes, (c) => c.operation)}::text::integer[],
      ${arrayText(changes, (c) => c.next)}::text::integer[],
      ${arrayText(changes, (c) => c.period)}::text::integer[],
      ${arrayText(packed, (hex) => hex || '""')}::text::text[]
    ) as change (scope, operation, next, period, packed)
    on conflict (scope, operation, next, period) do update set buckets = excluded.buckets`
}

/** Sketches that change something. */
export function sketchChanges(sketches: ReadonlyMap<string, SketchCount>): readonly SketchCount[] {
  return [...sketches.values()].filter(({ buckets }) =>
    [...buckets.values()].some((count) => count !== 0),
  )
}
