import type { Recordable } from '../recording/recordable.ts'
import { bucketOf } from '../sketch/ddsketch.ts'
import type { ExecutionChanges } from './executions.ts'
import { durationOf, operationOf, outcomeOf, type Pair, startOf } from './pairing.ts'

/** Widths of the time steps that executions are counted in, minutes: each divides the next. */
export const STEPS_MINUTES = [1, 60, 1_440] as const

/** The bucket of executions whose duration is not known; no sketch has it. */
export const UNTIMED_BUCKET = -2

const MINUTE_MICROS = 60_000_000

/** How many more (or fewer) executions count in one cell. */
export type OperationChange = Readonly<{
  stepMinutes: number
  /** Microseconds. */
  start: number
  operation: string
  source: string
  bucket: number
  count: number
  errors: number
}>

/**
 * What the counts per operation gain and lose: each execution at its start, and each event that
 * neither opens nor closes one at its own time. Sorted, so that writers lock cells in one order.
 */
export function operationChanges(
  fresh: readonly Recordable[],
  { gone, came }: ExecutionChanges,
): readonly OperationChange[] {
  const cells = new Map<string, OperationChange>()
  for (const event of fresh) {
    if (event.phase === 'before' || event.phase === 'after') continue
    count(cells, { before: event, after: null }, 1)
  }
  for (const execution of gone) count(cells, execution, -1)
  for (const execution of came) count(cells, execution, 1)
  const changed = [...cells.values()].filter(({ count, errors }) => count !== 0 || errors !== 0)
  return STEPS_MINUTES.flatMap((minutes) => widen(changed, minutes))
}

function count(cells: Map<string, OperationChange>, execution: Pair, sign: number) {
  const duration = durationOf(execution)
  const start = startOf(execution)
  addTo(cells, {
    stepMinutes: 1,
    start: start - modulo(start, MINUTE_MICROS),
    operation: operationOf(execution),
    source: (execution.before ?? execution.after)?.source ?? '',
    bucket: duration === null ? UNTIMED_BUCKET : bucketOf(duration * 1_000),
    count: sign,
    errors: outcomeOf(execution) === 'error' ? sign : 0,
  })
}

function widen(cells: readonly OperationChange[], stepMinutes: number) {
  const wide = new Map<string, OperationChange>()
  for (const cell of cells) {
    const start = cell.start - modulo(cell.start, stepMinutes * MINUTE_MICROS)
    addTo(wide, { ...cell, stepMinutes, start })
  }
  return [...wide].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell)
}

function addTo(cells: Map<string, OperationChange>, cell: OperationChange) {
  const name = `${cell.start} ${cell.bucket} ${cell.source}\n${cell.operation}`
  const there = cells.get(name)
  if (!there) cells.set(name, cell)
  else {
    cells.set(name, {
      ...there,
      count: there.count + cell.count,
      errors: there.errors + cell.errors,
    })
  }
}

/** The remainder that is never negative: times before 1970 have a step too. */
const modulo = (value: number, by: number) => ((value % by) + by) % by
