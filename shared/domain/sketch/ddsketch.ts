/**
 * DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with
 * Relative-Error Guarantees", PVLDB 12(12), 2019) as integer counts per bucket: merging is adding,
 * and what was added can be taken out again.
 */
const RELATIVE_ERROR = 0.01
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
const LOG_GAMMA = Math.log(GAMMA)

/** The bucket of values below 1 microsecond. */
const ZERO_BUCKET = -1

/** How many values fell into a bucket. */
export type BucketCount = Readonly<{ bucket: number; count: number }>

/** The bucket of a value in microseconds: bucket i holds (γ^(i-1), γ^i]. */
export function bucketOf(micros: number): number {
  if (micros < 1) return ZERO_BUCKET
  return Math.ceil(Math.log(micros) / LOG_GAMMA)
}

/** The value, microseconds, that stands for a bucket: at most 1 % from any value in it. */
export function bucketValue(bucket: number): number {
  if (bucket === ZERO_BUCKET) return 0
  return (2 * GAMMA ** bucket) / (GAMMA + 1)
}

/**
 * The q-quantile (0..1) in microseconds, at most 1 % from the true one; undefined for no values.
 *
 * @param buckets in ascending order; counts may be weights.
 */
export function quantile(buckets: readonly BucketCount[], q: number): number | undefined {
  const total = buckets.reduce((sum, { count }) => sum + count, 0)
  if (total <= 0) return undefined
  const rank = q * (total - 1)
  let passed = 0
  for (const { bucket, count } of buckets) {
    passed += count
    if (passed > rank) return bucketValue(bucket)
  }
  return bucketValue((buckets.at(-1) as BucketCount).bucket)
}
