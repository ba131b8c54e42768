import { assumptions, type Line, type Traffic } from './estimate.ts'
import type { Grade } from './prices.ts'

const grades: readonly Grade[] = ['published', 'secondary', 'unchecked']

const marks: Readonly<Record<Grade, string>> = {
  published: '',
  secondary: ' ~',
  unchecked: ' ?',
}

/** Sums by kind and by how sure the prices are: they are never added up without saying so. */
export function sums(lines: readonly Line[]) {
  const sum = (kind: Line['kind'], grade: Grade) =>
    lines
      .filter((line) => line.kind === kind && line.grade === grade)
      .reduce((total, { usd }) => total + usd, 0)
  return grades.map((grade) => ({ grade, floor: sum('floor', grade), use: sum('use', grade) }))
}

/** The estimate for people. */
export function reportOf(lines: readonly Line[], traffic: Traffic): string {
  const rows = lines.map(({ part, what, kind, quantity, unit, usd, grade }) => [
    part,
    what,
    kind,
    `${rounded(quantity)} ${unit}`,
    `${usd.toFixed(2)}${marks[grade]}`,
  ])
  const totals = sums(lines).map(
    ({ grade, floor, use }) =>
      `${grade.padEnd(10)} floor ${floor.toFixed(2).padStart(9)}   use ${use.toFixed(2).padStart(9)}`,
  )
  return [
    `US dollars a month, us-east-1, for ${traffic.hooksPerDay} hooks and ${traffic.callsPerDay} calls of services a day:`,
    '',
    ...table([['part', 'what', 'kind', 'quantity', 'USD'], ...rows]),
    '',
    'Sums by how sure the prices are (~ secondary, ? unchecked):',
    ...totals,
    `Together ${lines.reduce((sum, { usd }) => sum + usd, 0).toFixed(2)}, if those that nobody checked hold.`,
    '',
    `Per hook: ${traffic.bytesPerHook} bytes, ${traffic.hooksPerRequest} in a request; per call: ${traffic.msPerCall} ms. Taken for granted:`,
    ...Object.entries(assumptions).map(([name, value]) => `  ${name} ${value}`),
    'Not in it: reading the API, registering and routing rules, the Web Function of proxy=listening, data',
    'that leaves AWS, backups beyond their free size, support, taxes, free tiers, capacity of the database',
    'above its least.',
  ].join('\n')
}

function rounded(quantity: number): string {
  return quantity >= 100 ? quantity.toFixed(0) : String(Number(quantity.toPrecision(3)))
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
