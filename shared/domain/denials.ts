/** Refusals of one kind, told together. */
export type Denials<R> = Readonly<{
  /** The first of them. */
  refusal: R
  count: number
  /** What they have in common: all of it, who was refused, or no more than that they were refused. */
  of: 'one-kind' | 'one-caller' | 'any'
}>

/** How long refusals of a kind are gathered after the first, ms. */
export const GATHER_MS = 60_000
/** Kinds that are told apart within that time: of one caller, and of all. */
const MOST_OF_ONE = 10
const MOST = 100

type Gathered<R> = { refusal: R; held: number; of: Denials<R>['of'] }

/**
 * Keeps a flood of refusals from becoming a flood of events: the first of a kind is told at once, the
 * others of that minute in one go. A caller who is refused many different things is told of as one kind,
 * and so are many callers.
 */
export function denials<R>(kindOf: (refusal: R) => Readonly<{ caller: string; kind: string }>) {
  let startedAt = Number.NEGATIVE_INFINITY
  let kinds = new Map<string, Gathered<R>>()
  let perCaller = new Map<string, number>()

  /** What to count it as: its own kind as long as there is room for that. */
  function placeOf(caller: string, kind: string): Readonly<{ key: string; of: Denials<R>['of'] }> {
    const own = `${caller}\n${kind}`
    const isRoom = kinds.size < MOST
    if (kinds.has(own) || (isRoom && (perCaller.get(caller) ?? 0) < MOST_OF_ONE)) {
      return { key: own, of: 'one-kind' }
    }
    return kinds.has(caller) || isRoom ? { key: caller, of: 'one-caller' } : { key: '', of: 'any' }
  }

  /** What was gathered and not told, once its minute is over. */
  function due(nowMs: number): readonly Denials<R>[] {
    if (nowMs - startedAt < GATHER_MS && nowMs >= startedAt) return []
    const untold = [...kinds.values()].filter(({ held }) => held > 0)
    kinds = new Map()
    perCaller = new Map()
    startedAt = nowMs
    return untold.map(({ refusal, held, of }) => ({ refusal, count: held, of }))
  }

  return {
    due,
    /** @returns what is to be told now */
    add(refusal: R, nowMs: number): readonly Denials<R>[] {
      const before = due(nowMs)
      const { caller, kind } = kindOf(refusal)
      const { key, of } = placeOf(caller, kind)
      const known = kinds.get(key)
      if (known) {
        known.held += 1
        return before
      }
      kinds.set(key, { refusal, held: 0, of })
      perCaller.set(caller, (perCaller.get(caller) ?? 0) + 1)
      return [...before, { refusal, count: 1, of }]
    },
  }
}
