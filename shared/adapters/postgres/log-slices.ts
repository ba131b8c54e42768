import type { NewRecord, Position } from '../../ports/event-log.ts'
import { toBody } from './log-body.ts'

/** A record and the partition that it goes to. */
export type PlacedRecord = Readonly<{
  record: NewRecord
  partition: number
  /** The partition's id in `log.partition`. */
  partitionId: number
  /** About what it weighs. */
  bytes: number
}>

/** The arguments of `log.append`, and how to read its answer. */
export type Slices = Readonly<{
  /** Array literals: ids, counts, befores, starts, sizes. */
  arrays: readonly [string, string, string, string, string]
  body: Buffer
  /** Positions of the records in input order, from `log.append`'s answer. */
  positions(appended: string): readonly Position[]
}>

/** A row holds at most so many records and bytes (or one record): a reader decodes rows whole. */
const MAX_SLICE_RECORDS = 500
const MAX_SLICE_BYTES = 262_144

/** Cuts records into the rows that one append stores. */
export function toSlices(placed: readonly PlacedRecord[]): Slices {
  const byPartition = new Map<number, PlacedRecord[]>()
  const indexes = placed.map((one) => {
    const group = byPartition.get(one.partitionId)
    if (group) return group.push(one) - 1
    byPartition.set(one.partitionId, [one])
    return 0
  })

  const [ids, counts, befores, starts, sizes]: number[][] = [[], [], [], [], []] as const
  const bodies: Buffer[] = []
  let start = 1
  for (const id of [...byPartition.keys()].sort((a, b) => a - b)) {
    let before = 0
    for (const records of cut(byPartition.get(id) ?? [])) {
      const body = toBody(records)
      bodies.push(body)
      ids.push(id)
      counts.push(records.length)
      befores.push(before)
      starts.push(start)
      sizes.push(body.length)
      start += body.length
      before += records.length
    }
  }

  const literal = (numbers: readonly number[]) => `{${numbers.join(',')}}`
  return {
    arrays: [literal(ids), literal(counts), literal(befores), literal(starts), literal(sizes)],
    body: bodies.length === 1 ? (bodies[0] as Buffer) : Buffer.concat(bodies, start - 1),
    positions(appended) {
      const firsts = new Map(spans(appended).map(({ id, first }) => [id, first]))
      return placed.map(({ record: { topic }, partition, partitionId }, nr) => ({
        topic,
        partition,
        offset: (firsts.get(partitionId) as number) + (indexes[nr] as number),
      }))
    },
  }
}

function cut(placed: readonly PlacedRecord[]): NewRecord[][] {
  const slices: NewRecord[][] = []
  let slice: NewRecord[] = []
  let bytes = 0
  for (const one of placed) {
    if (slice.length > 0) {
      if (slice.length === MAX_SLICE_RECORDS || bytes + one.bytes > MAX_SLICE_BYTES) {
        slices.push(slice)
        slice = []
        bytes = 0
      }
    }
    slice.push(one.record)
    bytes += one.bytes
  }
  slices.push(slice)
  return slices
}

/** Which offsets of a partition one append took: from `first` up to, and without, `next`. */
export type Span = Readonly<{ id: number; first: number; next: number }>

/** Reads what `log.append` answers and tells listeners. */
export function spans(appended: string): readonly Span[] {
  if (appended === '') return []
  return appended.split(',').map((span) => {
    const [id, first, next] = span.split(':')
    return { id: Number(id), first: Number(first), next: Number(next) }
  })
}
