import type { Graph } from '#shared/ports/learned-patterns.ts'

/** An event as the counting below needs it; in the order in which sessions are to be read. */
export type Happening = Readonly<{
  session: string
  operation: string
  phase: 'before' | 'after' | 'point'
  callId?: string | undefined
}>

/** Counts of a graph by name, to compare with. */
export type GraphCounts = Readonly<{
  nodes: Readonly<Record<string, number>>
  starts: Readonly<Record<string, number>>
  ends: Readonly<Record<string, number>>
  edges: Readonly<Record<string, number>>
}>

/**
 * The executions of each session, counted the plain way: a before opens one; an after closes the
 * one with its call id, without an id the oldest open one of its operation, and is one by itself
 * where none is open.
 */
export function executionsOf(
  happenings: readonly Happening[],
): ReadonlyMap<string, readonly string[]> {
  const sessions = new Map<string, string[]>()
  const open = new Map<string, (string | undefined)[]>()
  for (const { session, operation, phase, callId } of happenings) {
    const executions = sessions.get(session) ?? []
    sessions.set(session, executions)
    const slot = JSON.stringify([session, operation])
    const waiting = open.get(slot) ?? []
    open.set(slot, waiting)
    if (phase === 'after') {
      const at = callId === undefined ? Math.min(0, waiting.length - 1) : waiting.indexOf(callId)
      if (at >= 0) {
        waiting.splice(at, 1)
        continue
      }
    }
    if (phase === 'before') waiting.push(callId)
    executions.push(operation)
  }
  return sessions
}

/** The directly-follows graph of sessions, counted the plain way. */
export function countGraph(sessions: ReadonlyMap<string, readonly string[]>): GraphCounts {
  const counts = { nodes: {}, starts: {}, ends: {}, edges: {} } as {
    [part in keyof GraphCounts]: Record<string, number>
  }
  const add = (part: keyof GraphCounts, name: string | undefined) => {
    if (name !== undefined) counts[part][name] = (counts[part][name] ?? 0) + 1
  }
  for (const operations of sessions.values()) {
    for (const [at, operation] of operations.entries()) {
      add('nodes', operation)
      if (at > 0) add('edges', `${operations[at - 1]} -> ${operation}`)
    }
    add('starts', operations[0])
    add('ends', operations.at(-1))
  }
  return counts
}

/** The counts of a graph as it was answered; what was never counted is left out. */
export function countsOf({ nodes, edges }: Graph): GraphCounts {
  const named = (entries: readonly (readonly [string, number])[]) =>
    Object.fromEntries(entries.filter(([, count]) => count > 0))
  return {
    nodes: named(nodes.map(({ operation, count }) => [operation, count])),
    starts: named(nodes.map(({ operation, starts }) => [operation, starts])),
    ends: named(nodes.map(({ operation, ends }) => [operation, ends])),
    edges: named(edges.map(({ from, to, count }) => [`${from} -> ${to}`, count])),
  }
}
