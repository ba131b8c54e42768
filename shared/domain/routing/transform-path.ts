import type { TransformStep } from './rules.ts'
import { meets } from './version-range.ts'

/** The way from the versions that a caller speaks to the one that serves it. */
export type TransformPath = Readonly<{
  /** Ranges the call passes, the caller's first, the served version last: `CallRoute.transformed`. */
  versions: readonly string[]
  /** What is declared between each two of them; of one pair there may be steps per operation. */
  hops: readonly (readonly TransformStep[])[]
}>

/** Steps of one pair of ranges: together they say how an answer of one differs from one of the other. */
type Hop = Readonly<{ from: string; to: string; steps: readonly TransformStep[] }>

/** Longer ones are none: each hop costs and loses. */
const LONGEST_PATH = 8

/**
 * The shortest ways from a range to ranges of which `isServed` is true, all of the same length, in the
 * order of declaration. A hop follows another where their ranges share a version.
 */
export function shortestPaths(
  steps: readonly TransformStep[],
  wanted: string,
  isServed: (range: string) => boolean,
): readonly TransformPath[] {
  const hops = hopsOf(steps)
  const seen = new Set<Hop>()
  let ways: readonly (readonly Hop[])[] = hops
    .filter(({ from }) => meets(from, wanted))
    .map((hop) => [hop])
  for (let length = 1; length <= LONGEST_PATH && ways.length > 0; length++) {
    const arrived = ways.filter((way) => isServed(way.at(-1)?.to ?? ''))
    if (arrived.length > 0) return arrived.map((way) => pathOf(wanted, way))
    for (const way of ways) seen.add(way.at(-1) as Hop)
    ways = ways.flatMap((way) =>
      hops
        .filter((next) => !seen.has(next) && meets((way.at(-1) as Hop).to, next.from))
        .filter((next) => seen.add(next))
        .map((next) => [...way, next]),
    )
  }
  return []
}

function hopsOf(steps: readonly TransformStep[]): readonly Hop[] {
  const byPair = new Map<string, { from: string; to: string; steps: TransformStep[] }>()
  for (const step of steps) {
    const pair = `${step.from}\0${step.to}`
    const hop = byPair.get(pair) ?? { from: step.from, to: step.to, steps: [] }
    hop.steps.push(step)
    byPair.set(pair, hop)
  }
  return [...byPair.values()]
}

const pathOf = (wanted: string, way: readonly Hop[]): TransformPath => ({
  versions: [wanted, ...way.map(({ to }) => to)],
  hops: way.map(({ steps }) => steps),
})
