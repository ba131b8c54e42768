import type { LearnedOperation } from '../../domain/catalog/learned-operation.ts'
import { quantile } from '../../domain/sketch/ddsketch.ts'
import { merge, unpack } from '../../domain/sketch/packed.ts'
import { type Arm, emptyArm } from '../../domain/traffic/sequential-test.ts'
import type { Verdict } from '../../domain/traffic/trial.ts'
import type { Traffic, Trial } from '../../ports/traffic.ts'
import { ask, type Sql } from './connect.ts'
import { countAnswers, countArms, countChanges, countShapes } from './traffic-counts.ts'
import { countOperations } from './traffic-operations.ts'
import { freshCalls, touchServices } from './traffic-seen.ts'

/** Hours whose calls count for what is learned. */
const LEARNED_HOURS = 6
/** Fewer calls than this within them teach no time-out. */
const LEAST_CALLS = 20

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A log may bring an event again for as long as it keeps it: a week. */
const SEEN_DAYS = 8
const OPERATION_DAYS = 30
const ANSWER_DAYS = 1
/** Of an operation: rows beyond these, the rarest and the oldest, teach little and would never end. */
const MOST_PLACES = 500
const MOST_QUESTIONS = 20_000

/** Keeps what calls teach in schema `traffic`. */
export function postgresTraffic(sql: Sql): Traffic {
  return {
    async take(calls, changes, now) {
      if (calls.length + changes.length === 0) return []
      const taking = sql.begin(async (tx) => {
        await countChanges(tx, changes)
        const fresh = await freshCalls(tx, calls, now)
        if (fresh.length === 0) return []
        // One order for all: batches side by side wait for each other and do not deadlock.
        await countOperations(tx, fresh, now)
        await countArms(tx, fresh)
        await countShapes(tx, fresh)
        await countAnswers(tx, fresh, now)
        return touchServices(tx, fresh, now)
      })
      return ask(taking)
    },

    async trial(service, revision) {
      const [rows, verdicts] = await ask(
        Promise.all([
          sql<(Arm & { arm: 'canary' | 'baseline' })[]>`
            select arm, calls, failures, timed, log_sum as "logSum", log_squares as "logSquares"
            from traffic.arm where service = ${service} and revision = ${revision}`,
          sql<Verdict[]>`
            select state, why from traffic.trial
            where service = ${service} and revision = ${revision}`,
        ]),
      )
      const side = (name: string) => rows.find(({ arm }) => arm === name) ?? emptyArm
      return { canary: side('canary'), baseline: side('baseline'), verdict: verdicts[0] }
    },

    async decide(service, revision, { state, why }, now) {
      await ask(sql`
        insert into traffic.trial (service, revision, state, why, decided_at)
        values (${service}, ${revision}, ${state}, ${why}, ${now})
        on conflict (service, revision) do update
        set state = excluded.state, why = excluded.why, decided_at = excluded.decided_at`)
    },

    unannounced: () =>
      ask(sql<Trial[]>`
        select service, revision, why from traffic.trial
        where state = 'worse' and not announced order by service, revision limit 100`),

    async announce({ service, revision }) {
      await ask(sql`
        update traffic.trial set announced = true
        where service = ${service} and revision = ${revision}`)
    },

    async due(everyMs, now) {
      const before = new Date(now.getTime() - everyMs)
      const rows = await ask(sql<{ service: string }[]>`
        update traffic.service set published_at = ${now}
        where called_at > published_at and published_at <= ${before}
        returning service`)
      return rows.map(({ service }) => service)
    },

    async learned(service, now) {
      const since = new Date(now.getTime() - LEARNED_HOURS * HOUR_MS)
      const rows = await ask(sql<OperationRow[]>`
        select version, operation, sum(calls)::bigint as calls, array_agg(sketch) as sketches
        from traffic.operation where service = ${service} and hour > ${since}
        group by version, operation
        having sum(calls) >= ${LEAST_CALLS}
        order by version, operation`)
      return rows.map((row) => learnedOperation(row, now))
    },

    async forget(now) {
      const before = (ms: number) => new Date(now.getTime() - ms)
      const counts = await Promise.all([
        ask(sql`delete from traffic.seen where day < ${before(SEEN_DAYS * DAY_MS)}::date`),
        ask(sql`delete from traffic.operation where hour < ${before(OPERATION_DAYS * DAY_MS)}`),
        ask(sql`delete from traffic.answer where answered_at < ${before(ANSWER_DAYS * DAY_MS)}`),
        ask(sql`
          delete from traffic.shape where ctid = any(array(
            select ctid from (select ctid, row_number() over (
              partition by service, version, operation order by seen desc, place) as nr
              from traffic.shape) ranked where nr > ${MOST_PLACES}))`),
        ask(sql`
          delete from traffic.answer where ctid = any(array(
            select ctid from (select ctid, row_number() over (
              partition by service, operation order by answered_at desc, question) as nr
              from traffic.answer) ranked where nr > ${MOST_QUESTIONS}))`),
        ask(sql`delete from traffic.change where changed_at < ${before(DAY_MS)}`),
      ])
      return counts.reduce((sum, { count }) => sum + count, 0)
    },
  }
}

type OperationRow = { version: string; operation: string; calls: number; sketches: Uint8Array[] }

function learnedOperation({ sketches, ...row }: OperationRow, now: Date): LearnedOperation {
  const buckets = merge(sketches.map((sketch) => ({ buckets: unpack(sketch), weight: 1 })))
  const ms = (q: number) => Number(((quantile(buckets, q) ?? 0) / 1_000).toPrecision(4))
  return { ...row, p50Ms: ms(0.5), p95Ms: ms(0.95), p99Ms: ms(0.99), learnedAt: now.toISOString() }
}
