import type { BucketCount } from './ddsketch.ts'

/**
 * A sketch as bytes: per bucket its distance from the one before (zigzag) and its count, both as
 * LEB128 varints. Two to four bytes a bucket.
 *
 * @param buckets in ascending order, counts above 0.
 */
export function pack(buckets: readonly BucketCount[]): Uint8Array {
  const bytes: number[] = []
  let before = 0
  for (const { bucket, count } of buckets) {
    const distance = bucket - before
    writeVarint(bytes, distance < 0 ? -2 * distance - 1 : 2 * distance)
    writeVarint(bytes, count)
    before = bucket
  }
  return Uint8Array.from(bytes)
}

/** Reads what `pack` wrote. */
export function unpack(bytes: Uint8Array): BucketCount[] {
  const buckets: BucketCount[] = []
  let at = 0
  let bucket = 0
  const read = () => {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }
  while (at < bytes.length) {
    const zigzag = read()
    bucket += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
    buckets.push({ bucket, count: read() })
  }
  return buckets
}

/** The buckets of several sketches together, each with a weight, in ascending order. */
export function merge(
  sketches: readonly Readonly<{ buckets: readonly BucketCount[]; weight: number }>[],
): BucketCount[] {
  const sums = new Map<number, number>()
  for (const { buckets, weight } of sketches) {
    for (const { bucket, count } of buckets) {
      sums.set(bucket, (sums.get(bucket) ?? 0) + count * weight)
    }
  }
  return [...sums]
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => a - b)
    .map(([bucket, count]) => ({ bucket, count }))
}

function writeVarint(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
}
