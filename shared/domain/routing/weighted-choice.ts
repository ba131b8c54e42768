import { createHash } from 'node:crypto'

/** Something that gets a share of all choices. */
export type Weighted = Readonly<{
  /** Names it in every process and after every restart. */
  key: string
  /** Positive; shares are relative to the sum. */
  weight: number
}>

const HASHED_BYTES = 6
const HASHES = 2 ** (8 * HASHED_BYTES)

/** Chooses by a number from 0 (inclusive) to 1 (exclusive). */
export function drawn<W extends Weighted>(options: readonly W[], random: number): W | undefined {
  const sum = options.reduce((total, { weight }) => total + weight, 0)
  let rest = random * sum
  for (const option of options) {
    rest -= option.weight
    if (rest < 0) return option
  }
  return options.at(-1)
}

/**
 * Chooses by a text, always the same for it: weighted rendezvous hashing (Wang, Ravishankar 1998;
 * weights after Schindelhauer, Schomaker 2005). Each option draws -ln(u)/weight, the least wins, so a
 * changed weight moves texts to or from that option alone, and no more than its share changed by.
 */
export function chosenBy<W extends Weighted>(options: readonly W[], text: string): W | undefined {
  let best: W | undefined
  let least = Number.POSITIVE_INFINITY
  for (const option of options) {
    const score = -Math.log(uniform(`${text}\0${option.key}`)) / option.weight
    if (score < least) {
      least = score
      best = option
    }
  }
  return best
}

/** A number above 0 and below 1. */
function uniform(text: string): number {
  const digest = createHash('sha256').update(text).digest()
  return (digest.readUIntBE(0, HASHED_BYTES) + 0.5) / HASHES
}
