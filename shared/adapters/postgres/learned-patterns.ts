import { sessionKey } from '../../domain/patterns/observation.ts'
import { readPatternId } from '../../domain/patterns/pattern-id.ts'
import { readState } from '../../domain/patterns/session-state.ts'
import { BEGINNING, WHOLE } from '../../domain/patterns/step.ts'
import {
  type LearnedPatterns,
  type Prediction,
  patternKinds,
} from '../../ports/learned-patterns.ts'
import { ask, type Sql } from './connect.ts'
import { knownNames } from './known-names.ts'
import { readGraph } from './learned-graph.ts'
import { readPrediction } from './learned-predictions.ts'
import { byConfidence, fromCursor, toCursor } from './pattern-cursor.ts'
import { readPatterns } from './pattern-list.ts'

/** An operation or a source that nothing was learned of. */
const UNKNOWN = -3

const NOTHING_KNOWN: Prediction = {
  items: [],
  nothing_probability: 1,
  context_used: 0,
  expected_wait_ms: null,
}

/** Reads what `postgresLearning` learned. A replica serves as well as the writer. */
export function postgresLearnedPatterns(sql: Sql): LearnedPatterns {
  const operations = knownNames(sql, 'patterns.operation')
  const scopes = knownNames(sql, 'patterns.scope')

  const scopeOf = async (source: string | undefined): Promise<number> =>
    source === undefined ? WHOLE : ((await scopes([source])).get(source) ?? UNKNOWN)

  const predictAfter = async (sequence: readonly string[], source?: string) => {
    const recent = sequence.slice(-4)
    const [scope, numbers] = await Promise.all([scopeOf(source), operations(recent)])
    const tail = recent.map((name) => numbers.get(name) ?? UNKNOWN)
    return scope === UNKNOWN
      ? NOTHING_KNOWN
      : readPrediction(sql, scope, tail.length === 0 ? [BEGINNING] : tail, false)
  }

  const predictSession = async (session: string, source?: string) => {
    const [scope, [row]] = await Promise.all([
      scopeOf(source),
      sql<{ state: string }[]>`
        select state from patterns.session where key = ${sessionKey(session)}::uuid`,
    ])
    const at = row && readState(row.state).scopes.find((state) => state.scope === scope)
    return at?.tail.length ? readPrediction(sql, scope, at.tail, true) : undefined
  }

  const list: LearnedPatterns['list'] = async (filter, { limit, cursor }) => {
    const after = cursor === undefined ? undefined : fromCursor(cursor)
    const { kind, min_confidence = 0, state, subject, source } = filter
    const all = await readPatterns(sql, await scopeOf(source), source ?? null, kind)
    const rest = all.filter(
      (pattern) =>
        pattern.confidence >= min_confidence &&
        (state === undefined || pattern.state === state) &&
        (subject === undefined || pattern.subject === subject) &&
        (after === undefined || byConfidence(pattern, after) > 0),
    )
    const items = rest.slice(0, limit)
    const last = items.at(-1)
    return { items, next: last && rest.length > limit ? toCursor(last) : null }
  }

  const find = async (id: string) => {
    const key = readPatternId(id)
    const kind = patternKinds.find((candidate) => candidate === key?.kind)
    if (!key || !kind) return undefined
    const scope = await scopeOf(key.source ?? undefined)
    const patterns = await readPatterns(sql, scope, key.source, kind)
    return patterns.find((pattern) => pattern.id === id)
  }

  return {
    list: (filter, page) => ask(list(filter, page)),
    find: (id) => ask(find(id)),
    graph: (source) => ask(scopeOf(source).then((scope) => readGraph(sql, scope))),
    predictAfter: (sequence, source) => ask(predictAfter(sequence, source)),
    predictSession: (session, source) => ask(predictSession(session, source)),
  }
}
