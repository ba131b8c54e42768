import { setTimeout as pause } from 'node:timers/promises'
import type { Graph, Pattern } from '#shared/ports/learned-patterns.ts'
import type { Bridge } from '../demo/bridge.ts'
import type { Chapter } from '../demo/learned.ts'
import { duration, mermaid, share, table } from '../demo/text.ts'

type Items<T> = Readonly<{ items: readonly T[] }>
type Lag = Readonly<{ consumer: string; lag: number }>
type Compatibility = Readonly<{
  operations: readonly Readonly<{
    operation: string
    versions: readonly Readonly<{
      version: string
      calls: number
      failures: number
      p50_ms: number
      p95_ms: number
    }>[]
    pairs: readonly Readonly<{
      from: string
      to: string
      answers: readonly Readonly<{ place: string; kind: string }>[] | null
    }>[]
  }>[]
  trial: Readonly<{ state: string; why: string }> | null
}>

const LEARNED_WITHIN_MS = 20_000

/** What the services' calls have taught, once all of them were read. */
export async function learnedFromCalls(bridge: Bridge): Promise<readonly Chapter[]> {
  const deadline = Date.now() + LEARNED_WITHIN_MS
  while (Date.now() < deadline) {
    const { items } = await bridge.get<Items<Lag>>('/lag')
    if (items.every(({ lag }) => lag === 0)) break
    await pause(100)
  }
  return [await versions(bridge), await advice(bridge), await sequence(bridge)]
}

async function versions(bridge: Bridge): Promise<Chapter> {
  const call = '/services/stock/compatibility'
  const { operations, trial } = await bridge.get<Compatibility>(call)
  const head = ['operation', 'version', 'calls', 'failures', 'median', '95 %']
  const rows = operations.flatMap(({ operation, versions: all }) =>
    all.map(({ version, calls, failures, p50_ms, p95_ms }) => [
      ...[operation, version, calls, failures, duration(p50_ms), duration(p95_ms)],
    ]),
  )
  const differences = operations.flatMap(({ pairs }) =>
    pairs.flatMap(({ from, to, answers }) =>
      (answers ?? []).map(({ place, kind }) => `  ${from} -> ${to}: ${place} ${kind}`),
    ),
  )
  const verdict = trial
    ? `  judged while calls went on: the canary is ${trial.state}, ${trial.why}`
    : '  no trial'
  return {
    title: 'How the versions of stock differ',
    call: `GET ${call}`,
    text: [table(head, rows), ...differences, verdict].join('\n'),
  }
}

async function advice(bridge: Bridge): Promise<Chapter> {
  const kinds = ['slow', 'cacheable', 'flapping']
  const found = await Promise.all(
    kinds.map((kind) => bridge.get<Items<Pattern>>(`/patterns?kind=${kind}&limit=5`)),
  )
  const rows = found
    .flatMap(({ items }) => items)
    .map(({ kind, subject, state, confidence, support }) => [
      ...[kind, subject, state, share(confidence), support],
    ])
  return {
    title: 'What the bridge advises',
    call: 'GET /patterns?kind=slow (and cacheable, flapping)',
    text: table(['kind', 'subject', 'state', 'confidence', 'observations'], rows),
  }
}

async function sequence(bridge: Bridge): Promise<Chapter> {
  const call = '/graph?source=tool-proxy'
  const { edges } = await bridge.get<Graph>(call)
  const calls = edges.filter(({ from, to }) => /^(orders|stock|prices) /.test(from + to))
  const often = [...calls].sort((a, b) => b.count - a.count).slice(0, 12)
  return {
    title: 'What follows what within a session, as Mermaid',
    call: `GET ${call}`,
    text: mermaid({ calls: often }),
  }
}
