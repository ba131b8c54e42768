import { type BucketCount, bucketValue, quantile } from '../sketch/ddsketch.ts'

/** One-sided 95 %. */
const Z = 1.6449

/** So many observations count as doubt. */
const DOUBT = 4

/** Quantiles of durations, microseconds, and how well the median is known. */
export type DurationSummary = Readonly<{
  p50: number
  p95: number
  p99: number
  /** Where the median lies with 90 % certainty. */
  medianLow: number
  medianHigh: number
  confidence: number
}>

/**
 * What a sketch says of durations. The median's interval is that of order statistics (ranks
 * n/2 -+ 1.645 sqrt(n)/2; Conover, Practical Nonparametric Statistics, section 3.2); confidence is
 * its lower end divided by its upper one, times n / (n + 4). Undefined without durations.
 *
 * @param buckets in ascending order, counts after forgetting.
 */
export function summarise(buckets: readonly BucketCount[]): DurationSummary | undefined {
  const n = buckets.reduce((sum, { count }) => sum + count, 0)
  const p50 = quantile(buckets, 0.5)
  if (n <= 0 || p50 === undefined) return undefined
  const reach = Z / (2 * Math.sqrt(n))
  const medianLow = quantile(buckets, Math.max(0, 0.5 - reach)) ?? p50
  const medianHigh = quantile(buckets, Math.min(1, 0.5 + reach)) ?? p50
  const zero = bucketValue(0)
  return {
    p50,
    p95: quantile(buckets, 0.95) ?? p50,
    p99: quantile(buckets, 0.99) ?? p50,
    medianLow,
    medianHigh,
    confidence: (Math.max(medianLow, zero) / Math.max(medianHigh, zero)) * (n / (n + DOUBT)),
  }
}
