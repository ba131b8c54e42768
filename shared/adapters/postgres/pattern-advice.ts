import { patternId } from '../../domain/patterns/pattern-id.ts'
import { formatTime } from '../../domain/time.ts'
import { type Advice, cacheable, flapping, slow } from '../../domain/traffic/advice.ts'
import type { Pattern } from '../../ports/learned-patterns.ts'
import type { Sql } from './connect.ts'
import { rounded } from './pattern-draft.ts'

type AdviceKind = 'cacheable' | 'slow' | 'flapping'

/** Microseconds. */
type Span = { first: number; last: number }

const micros = (sql: Sql, column: string) =>
  sql.unsafe(`(extract(epoch from ${column}) * 1000000)::bigint`)

/** Advice on services that are called through the proxy; as fresh as what `traffic-learner` has read. */
export async function readAdvice(sql: Sql, kinds: ReadonlySet<string>): Promise<Pattern[]> {
  const found = await Promise.all([
    kinds.has('cacheable') ? readCacheable(sql) : [],
    kinds.has('slow') ? readSlow(sql) : [],
    kinds.has('flapping') ? readFlapping(sql) : [],
  ])
  return found.flat()
}

async function readCacheable(sql: Sql): Promise<Pattern[]> {
  const rows = await sql<(Span & { subject: string; repeats: number; unchanged: number })[]>`
    select service || ' ' || operation as subject, sum(repeats)::bigint as repeats,
      sum(unchanged)::bigint as unchanged, min(${micros(sql, 'answered_at')}) as first,
      max(${micros(sql, 'answered_at')}) as last
    from traffic.answer group by service, operation having sum(repeats) > 0`
  return rows.flatMap(({ repeats, unchanged, ...row }) =>
    pattern('cacheable', row, repeats, { repeats, unchanged }, cacheable(repeats, unchanged)),
  )
}

async function readSlow(sql: Sql): Promise<Pattern[]> {
  const rows = await sql<(Span & { subject: string; calls: number; slow: number })[]>`
    select service || ' ' || operation as subject, sum(calls)::bigint as calls,
      sum(slow)::bigint as slow, min(${micros(sql, 'hour')}) as first,
      max(${micros(sql, 'hour')}) as last
    from traffic.operation
    where hour > now() - interval '6 hours'
    group by service, operation having sum(slow) > 0`
  return rows.flatMap(({ calls, slow: slowCalls, ...row }) => {
    const evidence = { calls, slow: slowCalls, slow_ms: 1_000, share: rounded(slowCalls / calls) }
    return pattern('slow', row, calls, evidence, slow(calls, slowCalls))
  })
}

async function readFlapping(sql: Sql): Promise<Pattern[]> {
  const rows = await sql<(Span & { subject: string; changes: number })[]>`
    select service || ' ' || instance as subject, count(*) as changes,
      min(${micros(sql, 'changed_at')}) as first, max(${micros(sql, 'changed_at')}) as last
    from traffic.change
    where changed_at > now() - interval '1 hour'
    group by service, instance having count(*) > 2`
  return rows.flatMap(({ changes, ...row }) =>
    pattern('flapping', row, changes, { changes, within: '1 hour' }, flapping(changes)),
  )
}

function pattern(
  kind: AdviceKind,
  { subject, first, last }: Span & { subject: string },
  support: number,
  evidence: Pattern['evidence'],
  advice: Advice | undefined,
): Pattern[] {
  if (!advice) return []
  const id = patternId({ kind, source: null, parts: [subject] })
  const seen = { first_seen: formatTime(first), last_seen: formatTime(last) }
  return [{ id, kind, subject, source: null, support, evidence, ...advice, ...seen }]
}
