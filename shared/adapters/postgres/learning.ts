import { noCounts } from '../../domain/patterns/counts.ts'
import { countWithoutSession } from '../../domain/patterns/follow.ts'
import { believedTime, hourOf } from '../../domain/patterns/forgetting.ts'
import type { Observation } from '../../domain/patterns/observation.ts'
import { readState, writeState } from '../../domain/patterns/session-state.ts'
import { inOrder, type Step, WHOLE } from '../../domain/patterns/step.ts'
import { append, insert, isLate, type Unfolded } from '../../domain/patterns/unfold.ts'
import type { Learned, Learning } from '../../ports/learning.ts'
import { arrayText } from './array-text.ts'
import { ask, type Sql, type Transaction } from './connect.ts'
import { learningNames } from './learning-names.ts'
import { readSketches, sketchChanges, writeSketches } from './learning-sketches.ts'
import {
  keepSteps,
  lockSessions,
  resumeAt,
  type SessionStep,
  sessionStates,
} from './learning-steps.ts'
import {
  addNgrams,
  addPulses,
  keepCheckpoints,
  keepNewest,
  keepStates,
  lockCounts,
  type SessionCheckpoint,
} from './learning-writes.ts'

const DAY_MS = 86_400_000

/**
 * Keeps what is learned in schema `patterns`. A batch is one transaction of five round trips. Locks
 * are taken in one order by everybody (sessions, identities, counts), so batches side by side wait
 * for each other and do not deadlock.
 */
export function postgresLearning(sql: Sql): Learning {
  const operations = learningNames(sql, 'patterns.operation')
  const scopes = learningNames(sql, 'patterns.scope')

  /** Newest hours that are committed: they move once an hour, batches come many times a second. */
  const newest = new Map<number, number>()

  const numbered = async (observations: readonly Observation[]): Promise<SessionStep[]> => {
    const operationOf = await operations(new Set(observations.map((o) => o.operation)))
    const scopeOf = await scopes(new Set(observations.map((o) => o.source)))
    const steps = new Map<string, SessionStep>()
    for (const observation of observations) {
      if (steps.has(observation.identity)) continue
      steps.set(observation.identity, {
        ...observation,
        operation: operationOf.get(observation.operation) as number,
        source: scopeOf.get(observation.source) as number,
      })
    }
    return [...steps.values()].sort((a, b) => (a.identity < b.identity ? -1 : 1))
  }

  return {
    async learn(observations, now) {
      if (observations.length === 0) return { fresh: 0, corrected: 0 }
      const day = Math.floor(now.getTime() / DAY_MS)
      const learning = async () => {
        const steps = await numbered(observations)
        const hours = newestHours(steps, newest)
        const learned = await sql.begin((tx) => learnSteps(tx, steps, hours, day))
        for (const [scope, hour] of hours) newest.set(scope, hour)
        return learned
      }
      return ask(learning())
    },
  }
}

async function learnSteps(
  tx: Transaction,
  steps: readonly SessionStep[],
  newest: ReadonlyMap<number, number>,
  day: number,
): Promise<Learned> {
  const named = new Set(steps.map(({ session }) => session))
  named.delete(null)
  const keys = arrayText([...named] as string[], (key) => key)
  const [, known, identities] = await Promise.all([
    lockSessions(tx, keys),
    sessionStates(tx, keys),
    keepSteps(tx, steps, day),
  ])
  const fresh = steps.filter(({ identity }) => identities.has(identity))
  if (fresh.length === 0) return { fresh: 0, corrected: 0 }

  const counts = noCounts()
  const states = new Map<string, string>()
  const checkpoints: SessionCheckpoint[] = []
  const take = (session: string, { state, checkpoints: made }: Unfolded) => {
    states.set(session, writeState(state))
    for (const checkpoint of made) checkpoints.push({ ...checkpoint, session })
  }
  const late: Promise<void>[] = []
  for (const [session, news] of bySession(fresh)) {
    const row = session === null ? undefined : known.get(session)
    const placed: Step[] = []
    for (const step of news) {
      if (row && step.at > row.floor) placed.push(step)
      else countWithoutSession(step, counts)
    }
    const first = placed.sort(inOrder)[0]
    if (!row || !first) continue
    const state = readState(row.state)
    if (!isLate(state, first)) take(row.key, append(state, placed, counts))
    else {
      const from = resumeAt(tx, row.key, first)
      late.push(from.then((found) => take(row.key, insert(found, placed, counts))))
    }
  }
  await Promise.all(late)
  const sketches = sketchChanges(counts.sketches)
  const [, kept] = await Promise.all([
    lockCounts(tx),
    readSketches(tx, sketches),
    addNgrams(tx, counts),
    addPulses(tx, counts),
    keepStates(tx, states, day),
    keepCheckpoints(tx, checkpoints),
    keepNewest(tx, newest),
  ])
  await writeSketches(tx, sketches, kept)
  return { fresh: fresh.length, corrected: late.length }
}

function bySession(steps: readonly SessionStep[]): Map<string | null, SessionStep[]> {
  const sessions = new Map<string | null, SessionStep[]>()
  for (const step of steps) {
    const known = sessions.get(step.session)
    if (known) known.push(step)
    else sessions.set(step.session, [step])
  }
  return sessions
}

/** Hours of steps that are newer than what is known of their scopes. */
function newestHours(
  steps: readonly Step[],
  known: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const newest = new Map<number, number>()
  for (const { at, arrival, source } of steps) {
    const hour = hourOf(believedTime(at, arrival))
    for (const scope of [WHOLE, source]) {
      const before = newest.get(scope) ?? known.get(scope) ?? Number.NEGATIVE_INFINITY
      if (hour > before) newest.set(scope, hour)
    }
  }
  return newest
}
