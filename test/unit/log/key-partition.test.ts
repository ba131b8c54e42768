import fc from 'fast-check'
import { Partitioners } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { partitioner, partitionOfKey } from '#shared/domain/key-partition.ts'

const partitionMetadata = (count: number) =>
  Array.from({ length: count }, (_, partitionId) => ({
    ...{ partitionId, leader: 1, partitionErrorCode: 0, replicas: [], isr: [] },
  }))

describe('the partition of a key', () => {
  it('is the one that Kafka’s default partitioner chooses', () => {
    const kafka = Partitioners.DefaultPartitioner()
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 64 }), (key, count) => {
        const message = { key, value: null }
        expect(partitionOfKey(key, count)).toBe(
          kafka({ topic: 't', partitionMetadata: partitionMetadata(count), message }),
        )
      }),
    )
  })

  it('takes turns where there is no key, each topic by itself', () => {
    const choose = partitioner(() => 0)
    const turns = (topic: string) => Array.from({ length: 4 }, () => choose(topic, null, 3))
    expect(turns('a')).toEqual([0, 1, 2, 0])
    expect(turns('b')).toEqual([0, 1, 2, 0])
  })
})
