import { noCounts } from '#shared/domain/patterns/counts.ts'
import { follow } from '#shared/domain/patterns/follow.ts'
import { periodOf } from '#shared/domain/patterns/forgetting.ts'
import { type Model, modelOf } from '#shared/domain/patterns/model.ts'
import { newSession, type SessionState } from '#shared/domain/patterns/session-state.ts'
import { BEGINNING, type Step, WHOLE } from '#shared/domain/patterns/step.ts'
import type { Session, Training } from './prediction-logs.ts'

/** What stands for "nothing comes next" among operations. */
export const NOTHING_NEXT = ''

/** Probabilities by operation, `NOTHING_NEXT` included. */
export type Distribution = ReadonlyMap<string, number>

/** Foretells what comes after the first steps of a session, asked for 0, 1, 2 ... of them in turn. */
export type Predictor = (session: Session, known: number) => Distribution

/** A model by name, and how it learns. */
export const models: readonly (readonly [string, (training: Training) => Predictor])[] = [
  ['bridge', (training) => trainBridge(training, false)],
  ['bridge, learning on', (training) => trainBridge(training, true)],
  ['markov-1', (training) => trainMarkov(training, 1)],
  ['most-frequent', (training) => trainMarkov(training, 0)],
]

const SOURCE = 1

/** The learner's own fold and model, without a database. */
function trainBridge(training: Training, learnsOn: boolean): Predictor {
  const counts = noCounts()
  const names: string[] = [NOTHING_NEXT]
  const numbers = new Map<string, number>()
  const numberOf = (name: string) => {
    const known = numbers.get(name)
    if (known !== undefined) return known
    numbers.set(name, names.length)
    return names.push(name) - 1
  }
  let newest = Number.MIN_SAFE_INTEGER
  const learn = (state: SessionState, { operation, at }: Session[number]) => {
    follow(state, pointStep(numberOf(operation), at), counts, 1)
    newest = Math.max(newest, periodOf(at))
  }
  for (const { session } of training) {
    const state = newSession()
    for (const step of session) learn(state, step)
  }
  let model: Model = modelOf(counts, newest)
  let current: { session: Session; state: SessionState; known: number } | undefined
  return (session, known) => {
    if (learnsOn) {
      if (current?.session !== session) current = { session, state: newSession(), known: 0 }
      for (; current.known < known; current.known++) {
        const step = session[current.known]
        if (step) learn(current.state, step)
      }
      model = modelOf(counts, newest)
    }
    const before = session.slice(0, known).map(({ operation }) => numbers.get(operation) ?? -2)
    const { items, nothing } = model.predict(WHOLE, [BEGINNING, ...before], learnsOn)
    return new Map([
      ...items.map(({ operation, probability }) => [names[operation] ?? '', probability] as const),
      [NOTHING_NEXT, nothing],
    ])
  }
}

function pointStep(operation: number, at: number): Step {
  const none = { outcome: null, call: 0, duration: null }
  return { identity: '', at, arrival: at, operation, source: SOURCE, phase: 'point', ...none }
}

function trainMarkov(training: Training, order: 0 | 1): Predictor {
  const counts = new Map<string, Map<string, number>>()
  const count = (context: string, next: string) => {
    const followers = counts.get(context) ?? new Map<string, number>()
    counts.set(context, followers.set(next, (followers.get(next) ?? 0) + 1))
  }
  for (const { session, ended } of training) {
    const operations = session.map(({ operation }) => operation)
    for (const [i, next] of [...operations, ...(ended ? [NOTHING_NEXT] : [])].entries()) {
      count('every', next)
      if (order === 1) count(`after ${operations[i - 1] ?? ''}`, next)
    }
  }
  return (session, known) => {
    const latest = session[known - 1]?.operation ?? ''
    const followers = counts.get(`after ${latest}`) ?? counts.get('every') ?? new Map()
    const total = [...followers.values()].reduce((sum, n) => sum + n, 0)
    return new Map([...followers].map(([next, n]) => [next, n / total]))
  }
}
