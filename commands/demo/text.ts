type Cell = string | number

const WIDEST_CELL = 60

/** Rows as aligned columns; numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return '  (nothing)'
  const text = [head, ...rows.map((row) => row.map(cell))]
  const widths = head.map((_, column) => Math.max(...text.map((row) => row[column]?.length ?? 0)))
  const toRight = head.map((_, column) => rows.every((row) => typeof row[column] === 'number'))
  const lines = text.map((row) =>
    row
      .map((value, column) => {
        const width = widths[column] ?? 0
        return toRight[column] ? value.padStart(width) : value.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
  return lines.map((line) => `  ${line}`).join('\n')
}

/** A probability or confidence, 0..1. */
export const share = (value: number): string => value.toFixed(2)

/** A duration in the unit that reads best. */
export function duration(ms: number | null): string {
  if (ms === null) return '-'
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

type Edge = Readonly<{ from: string; to: string; count: number; p50_ms: number }>

/** Graphs side by side as one Mermaid flow chart (https://mermaid.js.org/syntax/flowchart.html). */
export function mermaid(graphs: Readonly<Record<string, readonly Edge[]>>): string {
  const lines = ['flowchart LR']
  for (const [number, [title, edges]] of Object.entries(graphs).entries()) {
    const operations = [...new Set(edges.flatMap(({ from, to }) => [from, to]))]
    const node = (operation: string) => `n${number}_${operations.indexOf(operation)}`
    lines.push(`  subgraph ${JSON.stringify(title)}`)
    for (const operation of operations) lines.push(`    ${node(operation)}["${label(operation)}"]`)
    for (const { from, to, count, p50_ms } of edges) {
      lines.push(`    ${node(from)} -->|"${count} x, ${duration(p50_ms)}"| ${node(to)}`)
    }
    lines.push('  end')
  }
  return lines.join('\n')
}

/** Mermaid reads quotes and brackets as syntax; it has HTML's entities for them. */
const label = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')

function cell(value: Cell): string {
  const text = String(value)
  return text.length > WIDEST_CELL ? `${text.slice(0, WIDEST_CELL - 1)}…` : text
}
