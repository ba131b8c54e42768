/** A repeatable source of chance. */
export type Random = Readonly<{
  /** 0 <= x < 1 */
  next(): number
  chance(probability: number): boolean
  pick<T>(choices: readonly [T, ...T[]]): T
  /** A duration around a median, with a long tail: log-normal, ms. */
  duration(medianMs: number, spread?: number): number
}>

/** The same seed gives the same history. Generator: mulberry32 (public domain, Tommy Ettinger). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    chance: (probability) => next() < probability,
    pick: (choices) => choices[Math.floor(next() * choices.length)] ?? choices[0],
    duration(medianMs, spread = 0.35) {
      // Box and Muller's transform turns two uniform values into a normal one.
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return Math.max(1, Math.round(medianMs * Math.exp(spread * normal)))
    },
  }
}
