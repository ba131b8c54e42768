/**
 * RFC 3339 `date-time` (section 5.6): seconds are required, `T` and `Z` may be lower case.
 * Groups: date, time, fraction, offset sign, offset hours, offset minutes.
 */
const RFC3339 =
  /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,12}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/** Microseconds since the epoch, or undefined for what RFC 3339 does not allow. */
export function parseTime(text: string): number | undefined {
  const match = RFC3339.exec(text)
  if (!match) return undefined
  const [, date, clock, fraction = '', sign, hours = '00', minutes = '00'] = match
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined
  const ms = Date.parse(`${date}T${clock}Z`)
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date) return undefined
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'))
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? 1 : -1)
  return (ms + offsetMs) * 1_000 + micros
}

/** RFC 3339 UTC with milliseconds, as every answer writes times. */
export function formatTime(micros: number): string {
  return new Date(Math.floor(micros / 1_000)).toISOString()
}

/** RFC 3339 UTC with microseconds, as `recordedtime` is written. */
export function formatTimeMicros(micros: number): string {
  const ms = Math.floor(micros / 1_000)
  const rest = String(micros - ms * 1_000).padStart(3, '0')
  return `${new Date(ms).toISOString().slice(0, -1)}${rest}Z`
}
