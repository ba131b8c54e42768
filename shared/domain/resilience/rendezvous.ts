/** 32-bit FNV-1a over UTF-16 units (https://datatracker.ietf.org/doc/draft-eastlake-fnv/). */
export function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  return hash >>> 0
}

/** MurmurHash3's finaliser: every bit of the sum changes half of the answer's. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** How much a key prefers a node: each key goes to the node with its highest score. */
export const scoreOf = (key: number, node: number): number =>
  mix((key + Math.imul(node, 0x9e3779b1)) | 0)

/**
 * The item that a key belongs to, among those that will do: rendezvous hashing (Thaler, Ravishankar
 * 1998). An item that goes moves only its own keys, to all others alike.
 */
export function findPreferred<Item extends { readonly hash: number }>(
  items: readonly Item[],
  key: number,
  willDo: (item: Item) => boolean,
): Item | undefined {
  let best: Item | undefined
  let highest = -1
  for (const item of items) {
    const score = scoreOf(key, item.hash)
    if (score <= highest || !willDo(item)) continue
    best = item
    highest = score
  }
  return best
}
