const HOUR_MICROS = 3_600_000_000

/** After so long an observation counts half: four weeks. */
export const HALF_LIFE_HOURS = 28 * 24

/** How far an event's own time may run ahead of its arrival and still be believed as "now". */
const MAX_AHEAD_MICROS = 5 * 60 * 1_000_000

/** Periods after which an observation weighs nothing: below one millionth. */
export const FORGOTTEN_AFTER = 20

/** Hours since the epoch of a time in microseconds. */
export function hourOf(micros: number): number {
  return Math.floor(micros / HOUR_MICROS)
}

/** The half-life period in which an hour lies. */
export function periodOfHour(hour: number): number {
  return Math.floor(hour / HALF_LIFE_HOURS)
}

/** The half-life period in which a time in microseconds lies. */
export function periodOf(micros: number): number {
  return periodOfHour(hourOf(micros))
}

/** Microseconds at which an hour begins. */
export function hourStart(hour: number): number {
  return hour * HOUR_MICROS
}

/** What an event's time may say about "now": a sender's clock that runs ahead makes nothing old. */
export function believedTime(at: number, arrival: number): number {
  return Math.min(at, arrival + MAX_AHEAD_MICROS)
}

/**
 * What an observation of a period weighs when `newest` is the newest: halved per period. Powers of
 * two, so that sums of counts times weights are exact in any order.
 */
export function weightOf(period: number, newest: number): number {
  const age = Math.max(newest - period, 0)
  return age > FORGOTTEN_AFTER ? 0 : 2 ** -age
}
