import type { HealthChange } from '../../domain/traffic/observed-call.ts'
import type { CountedCall } from '../../ports/traffic.ts'
import type { Transaction } from './connect.ts'

/** Adds calls to the sides of the trials they belong to. */
export async function countArms(tx: Transaction, calls: readonly CountedCall[]): Promise<void> {
  const sides = Map.groupBy(
    calls.filter(({ arm }) => arm !== undefined),
    ({ service, revision, arm }) => `${service} ${revision} ${arm}`,
  )
  for (const key of [...sides.keys()].sort()) {
    const side = sides.get(key) ?? []
    const [first] = side
    if (!first?.arm) continue
    const logs = side.filter(({ failed }) => !failed).map(({ ms }) => Math.log(Math.max(ms, 0.001)))
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    await tx`
      insert into traffic.arm as kept values (
        ${first.service}, ${first.revision}, ${first.arm}, ${side.length},
        ${side.length - logs.length}, ${logs.length}, ${sum(logs)},
        ${sum(logs.map((log) => log ** 2))})
      on conflict (service, revision, arm) do update set
        calls = kept.calls + excluded.calls,
        failures = kept.failures + excluded.failures,
        timed = kept.timed + excluded.timed,
        log_sum = kept.log_sum + excluded.log_sum,
        log_squares = kept.log_squares + excluded.log_squares`
  }
}

/** Adds the shapes of answers to what is known of their operations. */
export async function countShapes(tx: Transaction, calls: readonly CountedCall[]): Promise<void> {
  const counts = new Map<string, { of: CountedCall; place: string; type: string; seen: number }>()
  for (const call of calls) {
    for (const { place, type } of call.shape ?? []) {
      const key = [call.service, call.version, call.operation, place, type].join(' ')
      const count = counts.get(key) ?? { of: call, place, type, seen: 0 }
      counts.set(key, { ...count, seen: count.seen + 1 })
    }
  }
  if (counts.size === 0) return
  const rows = [...counts.keys()].sort().flatMap((key) => counts.get(key) ?? [])
  await tx`
    insert into traffic.shape as kept
    select * from unnest(
      ${rows.map(({ of }) => of.service)}::text[], ${rows.map(({ of }) => of.version)}::text[],
      ${rows.map(({ of }) => of.operation)}::text[], ${rows.map(({ place }) => place)}::text[],
      ${rows.map(({ type }) => type)}::text[], ${rows.map(({ seen }) => seen)}::bigint[])
    on conflict (service, version, operation, place, type) do update
    set seen = kept.seen + excluded.seen`
}

type Question = {
  service: string
  operation: string
  question: string
  first: string
  last: string
  repeats: number
  unchanged: number
}

/** Notes whether questions that were asked again got the same answer. */
export async function countAnswers(
  tx: Transaction,
  calls: readonly CountedCall[],
  now: Date,
): Promise<void> {
  const questions = new Map<string, Question>()
  for (const { service, operation, answer } of calls) {
    if (!answer) continue
    const { question, digest } = answer
    const key = `${service} ${operation} ${question}`
    const known = questions.get(key)
    if (known) {
      known.repeats += 1
      known.unchanged += Number(known.last === digest)
      known.last = digest
    } else {
      const counts = { first: digest, last: digest, repeats: 0, unchanged: 0 }
      questions.set(key, { service, operation, question, ...counts })
    }
  }
  if (questions.size === 0) return
  const rows = [...questions.keys()].sort().flatMap((key) => questions.get(key) ?? [])
  const texts = (name: 'service' | 'operation' | 'question' | 'first' | 'last') =>
    rows.map((row) => row[name])
  await tx`
    with news as (
      select * from unnest(
        ${texts('service')}::text[], ${texts('operation')}::text[], ${texts('question')}::uuid[],
        ${texts('first')}::text[], ${texts('last')}::text[],
        ${rows.map(({ repeats }) => repeats)}::bigint[],
        ${rows.map(({ unchanged }) => unchanged)}::bigint[]
      ) as news (service, operation, question, first, last, repeats, unchanged)
    ), known as (
      select kept.* from traffic.answer kept join news using (service, operation, question)
      order by service, operation, question for update of kept
    )
    insert into traffic.answer as kept
    select news.service, news.operation, news.question, news.last,
      news.repeats + (known.digest is not null)::int,
      news.unchanged + coalesce(known.digest = news.first, false)::int, ${now}
    from news left join known using (service, operation, question)
    on conflict (service, operation, question) do update set
      digest = excluded.digest,
      repeats = kept.repeats + excluded.repeats,
      unchanged = kept.unchanged + excluded.unchanged,
      answered_at = excluded.answered_at`
}

/** Keeps changes of health, each once. */
export async function countChanges(
  tx: Transaction,
  changes: readonly HealthChange[],
): Promise<void> {
  if (changes.length === 0) return
  const rows = [...changes].sort((a, b) => (a.identity < b.identity ? -1 : 1))
  await tx`
    insert into traffic.change
    select * from unnest(
      ${rows.map(({ identity }) => identity)}::uuid[], ${rows.map(({ service }) => service)}::text[],
      ${rows.map(({ instance }) => instance)}::text[],
      ${rows.map(({ at }) => new Date(at).toISOString())}::text[]::timestamptz[])
    on conflict (identity) do nothing`
}
