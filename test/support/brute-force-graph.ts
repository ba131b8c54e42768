import type { Observation } from '#shared/domain/patterns/observation.ts'

/** A graph's counts by name. */
export type CountedGraph = {
  nodes: Record<string, { count: number; starts: number; ends: number }>
  edges: Record<string, number>
}

/**
 * The directly-follows graph of a set of events the slow way: sort each session, drop what only
 * reports again on a call, count neighbours. Independent of the code under test.
 */
export function bruteForceGraph(set: readonly Observation[], source?: string): CountedGraph {
  const graph: CountedGraph = { nodes: {}, edges: {} }
  const node = (operation: string) => {
    graph.nodes[operation] ??= { count: 0, starts: 0, ends: 0 }
    return graph.nodes[operation]
  }
  const own = set.filter((event) => source === undefined || event.source === source)
  const sessions = Map.groupBy(own, ({ session }) => session)
  for (const [session, events] of sessions) {
    if (session === null) {
      for (const { operation, phase } of events) if (phase !== 'before') node(operation).count += 1
      continue
    }
    const operations = startsOf(events.toSorted((a, b) => a.at - b.at))
    for (const [i, operation] of operations.entries()) {
      node(operation).count += 1
      const next = operations[i + 1]
      if (i === 0) node(operation).starts += 1
      if (next === undefined) node(operation).ends += 1
      else
        graph.edges[`${operation} -> ${next}`] = (graph.edges[`${operation} -> ${next}`] ?? 0) + 1
    }
  }
  return graph
}

function startsOf(events: readonly Observation[]): string[] {
  const operations: string[] = []
  const calls = new Set<number>()
  const open: Observation[] = []
  for (const event of events) {
    if (event.phase === 'before' || event.phase === 'after') {
      if (event.call !== 0) {
        if (calls.has(event.call)) continue
        calls.add(event.call)
      } else if (event.phase === 'before') open.push(event)
      else {
        const opened = open.findIndex(
          (before) => before.operation === event.operation && before.source === event.source,
        )
        if (opened >= 0) {
          open.splice(opened, 1)
          continue
        }
      }
    }
    operations.push(event.operation)
  }
  return operations
}
