export type HealthStatus = 'pass' | 'warn' | 'fail'

/** One measurement, as draft-inadarei-api-health-check-06 section 4 writes it. */
export type HealthCheck = Readonly<{
  componentType: 'datastore' | 'component' | 'system'
  observedValue?: number
  observedUnit?: string
  status: HealthStatus
  /** RFC 3339 UTC with milliseconds. */
  time: string
  output?: string
}>

/** The whole is as well as its worst part. */
export function worst(statuses: readonly HealthStatus[]): HealthStatus {
  if (statuses.includes('fail')) return 'fail'
  return statuses.includes('warn') ? 'warn' : 'pass'
}

/** Judges a part by whether it answered, and how soon. */
export function judgeAnswer(tookMs: number, slowMs: number, failure?: string): HealthStatus {
  if (failure !== undefined) return 'fail'
  return tookMs > slowMs ? 'warn' : 'pass'
}
