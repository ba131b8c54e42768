import { STEPS_MINUTES } from './operation-changes.ts'

/** Consecutive steps of one width. Times are milliseconds, `to` is exclusive. */
export type StepSpan = Readonly<{ stepMinutes: number; from: number; to: number }>

const MINUTE_MS = 60_000

/** The fewest steps that cover a window, rounded outward to whole minutes. */
export function spansOf(from: Date, to: Date): readonly StepSpan[] {
  const first = Math.floor(from.getTime() / MINUTE_MS) * MINUTE_MS
  const past = (Math.floor(to.getTime() / MINUTE_MS) + 1) * MINUTE_MS
  return past <= first ? [] : cover(first, past, STEPS_MINUTES.length - 1)
}

function cover(from: number, to: number, level: number): readonly StepSpan[] {
  if (from >= to) return []
  const stepMinutes = STEPS_MINUTES[level] ?? 1
  const width = stepMinutes * MINUTE_MS
  const first = Math.ceil(from / width) * width
  const past = Math.floor(to / width) * width
  if (level === 0) return [{ stepMinutes, from, to }]
  if (past <= first) return cover(from, to, level - 1)
  return [
    ...cover(from, first, level - 1),
    { stepMinutes, from: first, to: past },
    ...cover(past, to, level - 1),
  ]
}
