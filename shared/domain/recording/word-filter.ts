/** Bits of a filter: with its row's other columns, four to a database page. */
export const FILTER_BITS = 15_360

const HASHES = 7
/** Beyond this share of bits set a filter says yes too often: 0.42^7 is 0.2 %. */
const FULLEST_SHARE = 0.42

/** The most bits a filter may have set before a new one is begun. */
export const FULLEST_BITS = Math.floor(FILTER_BITS * FULLEST_SHARE)

/**
 * A Bloom filter over words (Bloom 1970; two hashes make all: Kirsch and Mitzenmacher, "Less Hashing,
 * Same Performance", 2006).
 */
export type WordFilter = Readonly<{
  add(words: readonly string[]): void
  isFull(): boolean
  /** As PostgreSQL reads a bit string: hex digits after an `x`. */
  toBits(): string
}>

export function wordFilter(): WordFilter {
  const bytes = Buffer.alloc(FILTER_BITS / 8)
  let set = 0
  return {
    add(words) {
      for (const word of words) {
        let at = firstPlace(word)
        let step = stepOf(word)
        for (let turn = 0; turn < HASHES; turn++) {
          const bit = 0x80 >> (at & 7)
          const index = at >> 3
          const byte = bytes[index] as number
          if ((byte & bit) === 0) {
            bytes[index] = byte | bit
            set += 1
          }
          at = wrap(at + step)
          step = wrap(step + turn)
        }
      }
    },
    isFull: () => set > FULLEST_BITS,
    toBits: () => `x${bytes.toString('hex')}`,
  }
}

/** The bits that a word sets, counted from the left. */
export function bitsOf(word: string): readonly number[] {
  let at = firstPlace(word)
  let step = stepOf(word)
  return Array.from({ length: HASHES }, (_, turn) => {
    const bit = at
    at = wrap(at + step)
    step = wrap(step + turn)
    return bit
  })
}

/** Cheaper than a remainder: both summands are below the number of bits. */
const wrap = (place: number) => (place >= FILTER_BITS ? place - FILTER_BITS : place)

/** 32-bit FNV-1a over the UTF-16 code units. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < word.length; index++) {
    hash = Math.imul(hash ^ word.charCodeAt(index), 0x01000193)
  }
  return hash
}

const firstPlace = (word: string) => (hashOf(word) >>> 0) % FILTER_BITS

/** Independent enough of the first place: the hash finished as in MurmurHash3. */
function stepOf(word: string): number {
  let hash = hashOf(word)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  hash ^= hash >>> 16
  return 1 + ((hash >>> 0) % (FILTER_BITS - 1))
}
