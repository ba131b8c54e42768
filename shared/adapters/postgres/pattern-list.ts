import { patternId } from '../../domain/patterns/pattern-id.ts'
import { formatTime } from '../../domain/time.ts'
import { type Pattern, type PatternKind, patternKinds } from '../../ports/learned-patterns.ts'
import type { Sql } from './connect.ts'
import { namesOf } from './learned-graph.ts'
import { readAdvice } from './pattern-advice.ts'
import { readAnomalies } from './pattern-anomalies.ts'
import { readCoUse } from './pattern-co-use.ts'
import { byConfidence } from './pattern-cursor.ts'
import type { Draft } from './pattern-draft.ts'
import { readEndings } from './pattern-endings.ts'
import { readSequences } from './pattern-sequences.ts'

/** Contexts of a transition, and of sequences. */
const TRANSITION_DEPTH = 1
const SEQUENCE_DEPTHS = [2, 3, 4]

/**
 * The patterns of a scope, most confident first: read from the counts when asked, so that they are
 * as fresh as the counts. Anomalies and co-use are as fresh as the last sweep.
 */
export async function readPatterns(
  sql: Sql,
  scope: number,
  source: string | null,
  kind: PatternKind | undefined,
): Promise<Pattern[]> {
  const kinds = new Set(kind === undefined ? patternKinds : [kind])
  // Services are nobody's own: whoever calls them, advice belongs to the whole.
  const advice = source === null ? await readAdvice(sql, kinds) : []
  const [row] = await sql<{ newest: number }[]>`
    select newest from patterns.scope where id = ${scope}`
  if (!row) return advice.sort(byConfidence)
  const { newest } = row
  const depths = [
    ...(kinds.has('transition') ? [TRANSITION_DEPTH] : []),
    ...(kinds.has('sequence') ? SEQUENCE_DEPTHS : []),
  ]
  const drafts = await Promise.all([
    depths.length > 0 ? readSequences(sql, scope, newest, depths) : [],
    kinds.has('latency') || kinds.has('failure') ? readEndings(sql, scope, newest) : [],
    kinds.has('co-use') ? readCoUse(sql, scope, newest) : [],
    kinds.has('anomaly') ? readAnomalies(sql, scope, newest) : [],
  ])
  const wanted = drafts.flat().filter((draft) => kinds.has(draft.kind))
  const names = await namesOf(
    sql,
    wanted.flatMap(({ operations }) => operations),
  )
  return [...wanted.map((draft) => named(draft, names, source)), ...advice].sort(byConfidence)
}

function named(
  { operations, further = [], first, last, ...draft }: Draft,
  names: ReadonlyMap<number, string>,
  source: string | null,
): Pattern {
  const parts = operations.map((operation) => names.get(operation) ?? '')
  if (draft.kind === 'co-use') parts.sort()
  return {
    ...draft,
    id: patternId({ kind: draft.kind, source, parts: [...parts, ...further] }),
    subject: parts.join(draft.kind === 'co-use' ? ' + ' : ' -> '),
    source,
    first_seen: formatTime(first),
    last_seen: formatTime(last),
  }
}
