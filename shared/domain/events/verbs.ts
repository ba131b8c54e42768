import type { Outcome, Phase } from './event.ts'

/** What the last part of an event's type says. */
export type Meaning = Readonly<{ phase: Phase; outcome?: Outcome }>

const point: Meaning = { phase: 'point' }

const table = (rows: readonly (readonly [words: string, meaning: Meaning])[]) =>
  new Map(rows.flatMap(([words, meaning]) => words.split(' ').map((word) => [word, meaning])))

/** Verbs of `hooks.lifecycle`: they open and close the session itself. */
const sessionVerbs = table([
  ['started', { phase: 'start' }],
  ['ended', { phase: 'end' }],
])

/** Verbs everywhere else: they open and close one execution. */
const executionVerbs = table([
  ['started start begun before pre requested invoked', { phase: 'before' }],
  ['completed complete succeeded finished after post', { phase: 'after', outcome: 'ok' }],
  ['failed failure errored timed_out timeout', { phase: 'after', outcome: 'error' }],
  ['cancelled canceled aborted interrupted', { phase: 'after', outcome: 'cancelled' }],
])

/** Topics whose events are states of a thing, not executions. */
const STATES = /^(services\.|tools\.registry\.)/

/**
 * Phase and outcome by an event type's verb, the part behind its last dot. `hooks.lifecycle.started`
 * and `.ended` open and close a session; everything of `services.*` and `tools.registry` is a point;
 * elsewhere started, before, requested ... open an execution, completed, after, failed, cancelled ...
 * close one. Any other verb is a point.
 */
export function meaningOf(type: string): Meaning {
  const verb = type.slice(type.lastIndexOf('.') + 1)
  if (type.startsWith('hooks.lifecycle.')) return sessionVerbs.get(verb) ?? point
  return STATES.test(type) ? point : (executionVerbs.get(verb) ?? point)
}
