import type { Graph, Pattern, Prediction } from '#shared/ports/learned-patterns.ts'
import type { OperationMetrics, Session } from '#shared/ports/recorded-sessions.ts'
import type { Bridge } from './bridge.ts'
import { AGENT, ORDERS, SEARCH, sources } from './history.ts'
import { duration, mermaid, share, table } from './text.ts'

type Items<T> = Readonly<{ items: readonly T[] }>

/** One thing the bridge learned: what it is, the call that shows it, and the answer for people. */
export type Chapter = Readonly<{ title: string; call: string; text: string }>

const query = (fields: Readonly<Record<string, string | number>>) =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
  )

/** The newest sessions of the agent. */
export async function sessions(bridge: Bridge): Promise<Chapter> {
  const call = `/sessions?${query({ source: AGENT, limit: 5 })}`
  const { items } = await bridge.get<Items<Session>>(call)
  const rows = items.map(({ id, state, started_at, events, executions, errors }) => [
    ...[id, state, started_at, events, executions, errors],
  ])
  const head = ['session', 'state', 'started', 'events', 'executions', 'errors']
  return {
    title: 'Sessions, the newest of the agent',
    call: `GET ${call}`,
    text: table(head, rows),
  }
}

/** What follows what, per source. */
export async function graph(bridge: Bridge): Promise<Chapter> {
  const graphs = await Promise.all(
    sources.map((source) => bridge.get<Graph>(`/graph?${query({ source })}`)),
  )
  const bySource = Object.fromEntries(
    sources.map((source, at) => [source, byCount(graphs[at]?.edges ?? [])]),
  )
  const rows = sources.flatMap((source) =>
    (bySource[source] ?? []).map(({ from, to, count, p50_ms, p95_ms }) => [
      ...[source, from, to, count, duration(p50_ms), duration(p95_ms)],
    ]),
  )
  const head = ['source', 'operation', 'then', 'times', 'median wait', '95 %']
  return {
    title: 'The graph of operations',
    call: `GET /graph?${query({ source: AGENT })} (and the others; without source: whole sessions)`,
    text: `${table(head, rows)}\n\nThe same as Mermaid:\n\n${mermaid(bySource)}`,
  }
}

function byCount(edges: Graph['edges']): Graph['edges'] {
  return [...edges].sort((a, b) => b.count - a.count)
}

/** Rarer ones would show as 0.00. */
const WORTH_SAYING = 0.005

/** What comes next, after two beginnings of different kind. */
export async function predictions(bridge: Bridge): Promise<readonly Chapter[]> {
  const questions = [
    { source: AGENT, sequence: ['Edit', 'Run tests'] },
    { source: ORDERS, sequence: ['Check stock', 'Charge card'] },
  ]
  return Promise.all(
    questions.map(async (question) => {
      const answer = await bridge.post<Prediction>('/predictions', question)
      const rows = answer.items
        .filter(({ probability }) => probability >= WORTH_SAYING)
        .map(({ operation, probability, confidence, support }) => [
          ...[operation, share(probability), share(confidence), support],
        ])
      const wait = answer.expected_wait_ms
      const end = `it ends here: ${share(answer.nothing_probability)}`
      const when = wait ? `; next in ${duration(wait.p50)}, 95 % in ${duration(wait.p95)}` : ''
      return {
        title: `What comes next for ${question.source} after ${question.sequence.join(', ')}`,
        call: `POST /predictions ${JSON.stringify(question)}`,
        text: `${table(['operation', 'probability', 'confidence', 'support'], rows)}\n  ${end}${when}`,
      }
    }),
  )
}

/** The slowest operations by their 95th percentile. */
export async function slowest(bridge: Bridge): Promise<Chapter> {
  const call = '/metrics/operations?window=3h'
  const { items } = await bridge.get<Items<OperationMetrics>>(call)
  const rows = [...items]
    .sort((a, b) => (b.p95_ms ?? 0) - (a.p95_ms ?? 0))
    .slice(0, 6)
    .map(({ operation, count, errors, p50_ms, p95_ms, p99_ms }) => [
      ...[operation, count, errors, duration(p50_ms), duration(p95_ms), duration(p99_ms)],
    ])
  const head = ['operation', 'count', 'errors', 'p50', 'p95', 'p99']
  return { title: 'Slow operations', call: `GET ${call}`, text: table(head, rows) }
}

const KINDS = [
  { kind: 'failure', title: 'Operations that fail' },
  { kind: 'latency', title: 'How long operations take' },
  { kind: 'anomaly', title: 'What was out of the ordinary' },
  { kind: 'sequence', title: 'Sequences that repeat' },
] as const

/** Patterns of each kind, the most certain first. */
export async function patterns(bridge: Bridge): Promise<readonly Chapter[]> {
  return Promise.all(
    KINDS.map(async ({ kind, title }) => {
      const found = await Promise.all(
        [AGENT, ORDERS, SEARCH].map(async (source) => {
          const call = `/patterns?${query({ kind, source, limit: 3 })}`
          return { call, ...(await bridge.get<Items<Pattern>>(call)) }
        }),
      )
      const rows = found
        .flatMap(({ items }) => items)
        .sort((a, b) => b.confidence - a.confidence)
        .map(({ source, subject, state, confidence, support, evidence }) => [
          ...[source ?? '', subject, state, share(confidence), support, evident(evidence)],
        ])
      const head = ['source', 'what', 'state', 'confidence', 'support', 'evidence']
      return { title, call: `GET ${found[0]?.call ?? ''}`, text: table(head, rows) }
    }),
  )
}

/** The numbers of an evidence, shortened. */
function evident(evidence: Pattern['evidence']): string {
  return Object.entries(evidence)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`)
    .join(', ')
}
