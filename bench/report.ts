import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, totalmem } from 'node:os'
import { join } from 'node:path'

/** How a benchmark is run. */
export type BenchOptions = Readonly<{
  /** As short as it can be: to see that it works, not how fast it is. */
  smoke: boolean
}>

/** One measured value, and what it has to reach. */
export type Figure = Readonly<{
  name: string
  value: number
  unit: string
  atLeast?: number
  atMost?: number
}>

/** What a benchmark found. */
export type Report = Readonly<{ figures: readonly Figure[]; notes?: readonly string[] }>

/** Whether a figure reaches what it has to; undefined where nothing is asked. */
export function isReached({ value, atLeast, atMost }: Figure): boolean | undefined {
  if (atLeast === undefined && atMost === undefined) return undefined
  return (
    value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY)
  )
}

/** A report whose figures were taken too shortly to be held against anything. */
export function notJudged({ figures, notes = [] }: Report): Report {
  return {
    figures: figures.map(({ name, value, unit }) => ({ name, value, unit })),
    notes: [...notes, 'a short run, not judged'],
  }
}

/** A report as a table for people. */
export function toTable(name: string, { figures, notes = [] }: Report): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${round(figure.value)} ${figure.unit}`.trim(),
    target(figure),
    verdict(figure),
  ])
  const all = [[name, 'measured', 'to reach', ''], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const lines = all.map(([first = '', second = '', third = '', last = '']) =>
    [
      first.padEnd(widths[0] ?? 0),
      second.padStart(widths[1] ?? 0),
      third.padStart(widths[2] ?? 0),
      last,
    ]
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...notes.map((note) => `  ${note}`)].join('\n')
}

/** Writes a report and the machine it was made on to `bench/results/<name>.json`. */
export function writeReport(name: string, report: Report, now: Date): string {
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.json`)
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    arch: arch(),
    memoryBytes: totalmem(),
    node: process.version,
  }
  const figures = report.figures.map((figure) => ({ ...figure, reached: isReached(figure) }))
  const content = { bench: name, at: now.toISOString(), machine, ...report, figures }
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
  return file
}

/** The value below which a share of the values lies (nearest rank); NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

function target({ atLeast, atMost }: Figure): string {
  if (atLeast !== undefined) return `>= ${atLeast}`
  return atMost === undefined ? '' : `<= ${atMost}`
}

function verdict(figure: Figure): string {
  const reached = isReached(figure)
  if (reached === undefined) return ''
  return reached ? 'reached' : 'MISSED'
}

function round(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
