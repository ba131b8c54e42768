import type { Page, PageRequest } from '../domain/page.ts'

export const patternKinds = [
  'sequence',
  'transition',
  'latency',
  'failure',
  'anomaly',
  'co-use',
  'cacheable',
  'slow',
  'flapping',
] as const
export type PatternKind = (typeof patternKinds)[number]

export const patternStates = ['candidate', 'confirmed', 'stale', 'retired'] as const
export type PatternState = (typeof patternStates)[number]

/** Something learned, with how sure we are and why. */
export type Pattern = Readonly<{
  id: string
  kind: PatternKind
  /** What it is about: an operation, `A -> B`, a sequence, or a service and what of it. */
  subject: string
  /** The source it was learned from alone, null for whole sessions over all sources. */
  source: string | null
  /** 0..1; the formula of each kind stands in docs/reference/patterns.md. */
  confidence: number
  /** Observations behind it. */
  support: number
  /** The numbers it rests on, by name. */
  evidence: Readonly<Record<string, unknown>>
  state: PatternState
  first_seen: string
  last_seen: string
}>

export type PatternFilter = Readonly<{
  kind?: PatternKind
  min_confidence?: number
  state?: PatternState
  subject?: string
  /** A source's own patterns; left out: those of whole sessions. */
  source?: string
}>

export type Graph = Readonly<{
  nodes: readonly Readonly<{ operation: string; count: number; starts: number; ends: number }>[]
  edges: readonly Readonly<{
    from: string
    to: string
    count: number
    p50_ms: number
    p95_ms: number
  }>[]
}>

export type Prediction = Readonly<{
  /** Most probable first; with `nothing_probability` the probabilities sum to 1. */
  items: readonly Readonly<{
    operation: string
    probability: number
    confidence: number
    support: number
  }>[]
  /** That the session ends here. */
  nothing_probability: number
  /** How many operations back the longest context used reaches. */
  context_used: number
  /** From the last operation's start to the next one's; null where nothing is known. */
  expected_wait_ms: Readonly<{ p50: number; p95: number }> | null
}>

/** What was learned, for reading. `source` picks that source's own scope, else whole sessions. */
export interface LearnedPatterns {
  /** Most confident first. */
  list(filter: PatternFilter, page: PageRequest): Promise<Page<Pattern>>
  find(id: string): Promise<Pattern | undefined>
  graph(source?: string): Promise<Graph>

  /** What follows a sequence of operations. */
  predictAfter(sequence: readonly string[], source?: string): Promise<Prediction>

  /** What comes next in a session; undefined when it is not known. */
  predictSession(session: string, source?: string): Promise<Prediction | undefined>
}
