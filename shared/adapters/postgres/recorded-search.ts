import { bitsOf } from '../../domain/recording/word-filter.ts'
import type { Sql } from './connect.ts'
import { numberArray } from './event-array.ts'
import { at, conditions, kindCondition, type Place, type RowFilter } from './recorded-filter.ts'

/** A frequent word is found among so many newest events; a rarer one by the blocks that may have it. */
const NEWEST = 2_000

/** Of the blocks looked into, so many more than matches are wanted: the filters' wrong guesses. */
const SPARE_BLOCKS = 16

type Found = { time: number; seq: number }
type Block = { first_seq: number; last_seq: number; to_time: number }

const newestFirst = (a: Found, b: Found) => b.time - a.time || b.seq - a.seq

/** Sequence numbers of the newest events by own time that have all words, at most `limit`. */
export async function search(
  sql: Sql,
  filter: RowFilter,
  after: Place | null,
  limit: number,
): Promise<readonly number[]> {
  let found: Found[] = await searchNewest(sql, filter, after, limit)
  if (found.length < limit) {
    found = []
    const blocks = await candidates(sql, filter, after)
    // Nearly every block holds a match, so one round is mostly enough; each further one is longer.
    for (let done = 0, more = limit + SPARE_BLOCKS; done < blocks.length; done += more, more *= 2) {
      if (isSettled(found, limit, blocks[done])) break
      const some = blocks.slice(done, done + more)
      found.push(...(await searchBlocks(sql, filter, after, some, limit)))
      found = found.sort(newestFirst).slice(0, limit)
    }
  }
  return found.map(({ seq }) => seq)
}

/** Whether nothing in this block or those after it comes before what was found. */
function isSettled(found: readonly Found[], limit: number, block: Block | undefined): boolean {
  const last = found[limit - 1]
  return last !== undefined && block !== undefined && last.time > block.to_time
}

function searchNewest(sql: Sql, filter: RowFilter, after: Place | null, limit: number) {
  const anyWords = { ...filter, words: [] }
  return sql<Found[]>`
    with e as materialized (
      select e.time, e.seq, e.kind, e.words from events.event e
      where true ${conditions(sql, anyWords, after)}
      order by e.time desc, e.seq desc
      limit ${NEWEST}
    )
    select (extract(epoch from e.time) * 1000000)::bigint as time, e.seq from e
    where true ${conditions(sql, { ...filter, from: null, to: null }, null)}
      ${kindCondition(sql, filter)}
    order by e.time desc, e.seq desc
    limit ${limit}`.then((rows) => [...rows])
}

/** Blocks that may hold all words, those that reach furthest first. */
function candidates(sql: Sql, { words, from, to }: RowFilter, after: Place | null) {
  const bits = words.flatMap(bitsOf)
  return sql<Block[]>`
    select first_seq, last_seq, (extract(epoch from to_time) * 1000000)::bigint as to_time
    from events.word_block b
    where true ${bits.map((bit) => sql`and get_bit(b.filter, ${bit}) = 1`)}
      ${from === null ? sql`` : sql`and b.to_time >= ${from}`}
      ${to === null ? sql`` : sql`and b.from_time < ${to}::timestamptz + interval '1 millisecond'`}
      ${after === null ? sql`` : sql`and b.from_time <= ${at(sql, after[0])}`}
    order by b.to_time desc`
}

function searchBlocks(
  sql: Sql,
  filter: RowFilter,
  after: Place | null,
  blocks: readonly Block[],
  limit: number,
) {
  return sql<Found[]>`
    select (extract(epoch from f.time) * 1000000)::bigint as time, f.seq
    from unnest(
      ${numberArray(blocks, ({ first_seq }) => first_seq)}::text::bigint[],
      ${numberArray(blocks, ({ last_seq }) => last_seq)}::text::bigint[]) as b (first_seq, last_seq)
    cross join lateral (
      select e.time, e.seq from events.event e
      where e.seq >= b.first_seq and e.seq <= b.last_seq
        ${conditions(sql, filter, after)} ${kindCondition(sql, filter)}
      offset 0
    ) f
    order by f.time desc, f.seq desc
    limit ${limit}`
}
