import type { Recordable } from '../../domain/recording/recordable.ts'
import { FULLEST_BITS, wordFilter } from '../../domain/recording/word-filter.ts'
import type { Transaction } from './connect.ts'
import { numberArray } from './event-array.ts'

/** A block of events that searching takes or leaves as a whole; more make a search read more. */
const MOST_EVENTS = 256

/** Events of a batch that follow each other: places in the batch, own times and their words. */
type Block = Readonly<{ first: number; last: number; from: number; to: number; bits: string }>

/** Notes which words the events just inserted have, in the newest block while it has room. */
export function insertWords(
  tx: Transaction,
  events: readonly Recordable[],
  words: readonly (readonly string[])[],
) {
  const blocks = blocksOf(events, words)
  const [only] = blocks
  if (blocks.length === 1 && only) return growNewest(tx, only, events.length)
  return tx`
    insert into events.word_block (first_seq, last_seq, from_time, to_time, filter)
    select base + first, base + last, timestamptz 'epoch' + since * interval '1 microsecond',
      timestamptz 'epoch' + until * interval '1 microsecond', filter
    from (select latest - ${events.length} as base from events.counter) c, unnest(
      ${numberArray(blocks, ({ first }) => first)}::text::bigint[],
      ${numberArray(blocks, ({ last }) => last)}::text::bigint[],
      ${numberArray(blocks, ({ from }) => from)}::text::bigint[],
      ${numberArray(blocks, ({ to }) => to)}::text::bigint[],
      ${numberArray(blocks, ({ bits }) => bits)}::text::bit(15360)[]
    ) as b (first, last, since, until, filter)`
}

function growNewest(tx: Transaction, { from, to, bits }: Block, count: number) {
  return tx`
    with news as (
      select latest - ${count} as base, latest,
        timestamptz 'epoch' + ${from} * interval '1 microsecond' as since,
        timestamptz 'epoch' + ${to} * interval '1 microsecond' as until,
        ${bits}::text::bit(15360) as bits
      from events.counter
    ), grown as (
      update events.word_block b
      set last_seq = latest, from_time = least(from_time, since),
        to_time = greatest(to_time, until), filter = filter | bits
      from news
      where b.last_seq = base and latest - b.first_seq < ${MOST_EVENTS}
        and bit_count(filter | bits) <= ${FULLEST_BITS}
      returning 1
    )
    insert into events.word_block (first_seq, last_seq, from_time, to_time, filter)
    select base + 1, latest, since, until, bits from news where not exists (select from grown)`
}

function blocksOf(
  events: readonly Recordable[],
  words: readonly (readonly string[])[],
): readonly Block[] {
  const blocks: Block[] = []
  let first = 1
  while (first <= events.length) {
    const filter = wordFilter()
    let from = Number.POSITIVE_INFINITY
    let to = Number.NEGATIVE_INFINITY
    let last = first - 1
    while (last < events.length && last - first + 1 < MOST_EVENTS && !filter.isFull()) {
      const { time } = events[last] as Recordable
      filter.add(words[last] ?? [])
      from = Math.min(from, time)
      to = Math.max(to, time)
      last += 1
    }
    blocks.push({ first, last, from, to, bits: filter.toBits() })
    first = last + 1
  }
  return blocks
}
