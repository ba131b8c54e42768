/** Kafka's murmur2 (org.apache.kafka.common.utils.Utils.murmur2), a signed 32-bit number. */
export function murmur2(data: Uint8Array): number {
  const { length } = data
  const byte = (at: number) => data[at] ?? 0
  let hash = 0x9747b28c ^ length
  const whole = length & ~3
  for (let at = 0; at < whole; at += 4) {
    let k = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24)
    k = Math.imul(k, MULTIPLIER)
    k = Math.imul(k ^ (k >>> 24), MULTIPLIER)
    hash = Math.imul(hash, MULTIPLIER) ^ k
  }
  for (let at = length - 1; at >= whole; at--) hash ^= byte(at) << ((at - whole) * 8)
  if (length > whole) hash = Math.imul(hash, MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}

const MULTIPLIER = 0x5bd1e995
const encoder = new TextEncoder()

/**
 * The partition that a key belongs to, on every log alike: what Kafka's Java client and kafkajs's
 * DefaultPartitioner choose.
 */
export function partitionOfKey(key: string, partitions: number): number {
  return (murmur2(encoder.encode(key)) & 0x7fffffff) % partitions
}

/** Chooses the partition of each record of a producer: by key, and round robin where there is none. */
export type Partitioner = (topic: string, key: string | null, partitions: number) => number

/** @param random 0 to 1: producers that start together begin at different partitions */
export function partitioner(random: () => number): Partitioner {
  const turns = new Map<string, number>()
  return (topic, key, partitions) => {
    if (partitions === 1) return 0
    if (key !== null) return partitionOfKey(key, partitions)
    const turn = turns.get(topic) ?? Math.floor(random() * partitions)
    turns.set(topic, turn + 1)
    return turn % partitions
  }
}
