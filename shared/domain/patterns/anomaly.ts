import { binomialTail } from './beta.ts'
import { hourStart } from './forgetting.ts'
import { normalTail } from './normal.ts'

/** How an operation ended in one hour. */
export type Pulse = Readonly<{
  hour: number
  ok: number
  error: number
  timed: number
  /** Sum of round(1000 ln microseconds) over the timed ones. */
  logSum: number
}>

/** Hours in which an operation was not as usual. Durations in microseconds. */
export type Anomaly = Readonly<{
  operation: number
  measure: 'latency' | 'failure'
  /** First and last hour, hours since the epoch. */
  from: number
  to: number
  /** What was seen in the worst of them, and what is usual; a duration or a rate. */
  observed: number
  expected: number
  /** Probability of the worst of them by chance. */
  chance: number
  /** Probability below which an hour counts. */
  threshold: number
  /** Executions in these hours. */
  support: number
}>

/** Hours that are looked at, back from the newest one. */
export const ANOMALY_HOURS = 14 * 24

/** False alarms to expect per scope among all hours that are looked at. */
export const FALSE_ALARMS = 0.1

/** Fewer hours than this tell nothing of what is usual. */
const MIN_HOURS = 24

/** An hour of the day has a baseline of its own from so many days on. */
const MIN_DAYS = 5

/** Spread below which differences of a mean log duration are no news: 2 %. */
const MIN_SPREAD = 0.02

/** Failures of an hour are no anomaly below this many, nor below twice the usual rate. */
const MIN_ERRORS = 3
const MIN_RATE_RATIO = 2

/** Standard deviations of a normal distribution per median absolute deviation. */
const MAD_SCALE = 1.4826

type Verdict = Readonly<{
  hour: number
  chance: number
  observed: number
  expected: number
  support: number
}>

/**
 * Finds the hours of a scope that are not as usual. Latency: the mean log duration of an hour against
 * the median of the same hour of other days (of all hours while there are few days), in units of the
 * median absolute deviation, widened for hours with fewer executions than the median one; as if
 * normally distributed. Failure: the hour's errors against the rate of all other hours, binomially.
 * An hour counts where its probability is below `FALSE_ALARMS` by the number of tests (Bonferroni);
 * neighbouring hours are one anomaly.
 */
export function findAnomalies(pulses: ReadonlyMap<number, readonly Pulse[]>): readonly Anomaly[] {
  const judged = [...pulses].flatMap(([operation, hours]) => [
    { operation, measure: 'latency' as const, verdicts: judgeLatency(hours) },
    { operation, measure: 'failure' as const, verdicts: judgeFailures(hours) },
  ])
  const tests = judged.reduce((sum, { verdicts }) => sum + verdicts.length, 0)
  const threshold = FALSE_ALARMS / Math.max(tests, 1)
  return judged.flatMap(({ operation, measure, verdicts }) =>
    runs(verdicts.filter(({ chance }) => chance < threshold)).map((run) => {
      const worst = run.reduce((a, b) => (b.chance < a.chance ? b : a))
      return {
        operation,
        measure,
        from: (run[0] as Verdict).hour,
        to: (run.at(-1) as Verdict).hour,
        observed: worst.observed,
        expected: worst.expected,
        chance: worst.chance,
        threshold,
        support: run.reduce((sum, { support }) => sum + support, 0),
      }
    }),
  )
}

function judgeLatency(pulses: readonly Pulse[]): readonly Verdict[] {
  const hours = pulses
    .filter(({ timed }) => timed > 0)
    .map(({ hour, timed, logSum }) => ({ hour, timed, level: logSum / timed / 1_000 }))
  if (hours.length < MIN_HOURS) return []
  const overall = median(hours.map(({ level }) => level))
  const byHourOfDay = Map.groupBy(hours, ({ hour }) => hourOfDay(hour))
  const usual = new Map(
    [...byHourOfDay].map(([hour, same]) => [
      hour,
      same.length >= MIN_DAYS ? median(same.map(({ level }) => level)) : overall,
    ]),
  )
  const usualAt = (hour: number) => usual.get(hourOfDay(hour)) ?? overall
  const residuals = hours.map(({ hour, level }) => Math.abs(level - usualAt(hour)))
  const spread = Math.max(MAD_SCALE * median(residuals), MIN_SPREAD)
  const usualTimed = median(hours.map(({ timed }) => timed))
  return hours.map(({ hour, timed, level }) => {
    const widened = spread * Math.sqrt(Math.max(1, usualTimed / timed))
    const expected = usualAt(hour)
    const deviation = Math.abs(level - expected) / widened
    return {
      hour,
      chance: 2 * normalTail(deviation),
      observed: Math.exp(level),
      expected: Math.exp(expected),
      support: timed,
    }
  })
}

function judgeFailures(pulses: readonly Pulse[]): readonly Verdict[] {
  const hours = pulses.filter(({ ok, error }) => ok + error > 0)
  if (hours.length < MIN_HOURS) return []
  const errors = hours.reduce((sum, { error }) => sum + error, 0)
  const total = hours.reduce((sum, { ok, error }) => sum + ok + error, 0)
  return hours.map(({ hour, ok, error }) => {
    const here = ok + error
    // Mean of the posterior Beta(1 + errors, 1 + successes) of all other hours.
    const expected = (errors - error + 1) / (total - here + 2)
    const observed = error / here
    const isNews = error >= MIN_ERRORS && observed >= MIN_RATE_RATIO * expected
    const chance = isNews ? binomialTail(error, here, expected) : 1
    return { hour, chance, observed, expected, support: here }
  })
}

/** Splits hours, in order, where one is missing between them. */
function runs(verdicts: readonly Verdict[]): Verdict[][] {
  const found: Verdict[][] = []
  for (const verdict of verdicts) {
    const current = found.at(-1)
    if (current && (current.at(-1) as Verdict).hour === verdict.hour - 1) current.push(verdict)
    else found.push([verdict])
  }
  return found
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}

function hourOfDay(hour: number): number {
  return ((hour % 24) + 24) % 24
}

/** Time at which an anomaly begins, and just before which it ends, microseconds. */
export function anomalySpan({ from, to }: Pick<Anomaly, 'from' | 'to'>) {
  return { begin: hourStart(from), end: hourStart(to + 1) }
}
