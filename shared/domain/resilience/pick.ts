import { costOf } from './load.ts'
import type { Member } from './member.ts'
import { findPreferred } from './rendezvous.ts'

/** Draws that hit one that will not do, before all are looked at. */
const DRAWS = 8
/** A session's instance is passed over when it has more calls than this, and than so much of the mean. */
const LEAST_BOUND = 8
const BOUND_FACTOR = 2
/** Instances that say they are not quite well get half. */
const WARNING_FACTOR = 2

type Question = Readonly<{
  nowMs: number
  /** 0 to 1 */
  random: () => number
  willDo: (member: Member) => boolean
}>

/** Power of two choices (Mitzenmacher 2001): two at random, the one where a call costs less. */
export function pickOfTwo(pool: readonly Member[], question: Question): Member | undefined {
  const one = draw(pool, question, undefined)
  if (!one) return undefined
  const other = draw(pool, question, one)
  if (!other) return one
  return costs(one, other, question.nowMs) <= costs(other, one, question.nowMs) ? one : other
}

/** What a call to one costs where another is the measure of what is usual. */
function costs({ load, instance }: Member, { load: { latencyMs } }: Member, nowMs: number): number {
  const cost = costOf(load, nowMs, latencyMs < 0 ? undefined : latencyMs)
  return instance.health === 'warning' ? cost * WARNING_FACTOR : cost
}

/** One at random that will do and is not the other; undefined when there is none. */
function draw(
  pool: readonly Member[],
  { random, willDo }: Question,
  other: Member | undefined,
): Member | undefined {
  const pickAt = (index: number) => {
    const member = pool[index % pool.length]
    return member && member !== other && willDo(member) ? member : undefined
  }
  for (let draws = 0; draws < DRAWS; draws++) {
    const member = pickAt(Math.floor(random() * pool.length))
    if (member) return member
  }
  const start = Math.floor(random() * pool.length)
  for (let passed = 0; passed < pool.length; passed++) {
    const member = pickAt(start + passed)
    if (member) return member
  }
  return undefined
}

/**
 * The instance of a session. One with many more calls under way than the others is passed over for the
 * session's next (consistent hashing with bounded loads, Mirrokni, Thorup, Zadimoghaddam 2018).
 */
export function pickOfSession(
  pool: readonly Member[],
  session: number,
  inFlight: number,
  willDo: (member: Member) => boolean,
): Member | undefined {
  const bound = Math.max(LEAST_BOUND, (BOUND_FACTOR * inFlight) / Math.max(1, pool.length))
  const withinBound = findPreferred(pool, session, (member) => {
    return member.load.inFlight < bound && willDo(member)
  })
  return withinBound ?? findPreferred(pool, session, willDo)
}
