import type { KafkaMessage } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { lanes, type Member } from '#shared/adapters/kafka/lanes.ts'
import { type Position, positionKeeper } from '#shared/adapters/kafka/position-keeper.ts'
import { recordQueue } from '#shared/adapters/kafka/record-queue.ts'
import type { Batch, BatchHandler } from '#shared/ports/event-consumer.ts'

const subscription = {
  ...{ group: 'g', topic: 't', maxRecords: 10, maxWaitMs: 0 },
  startingPosition: 'earliest',
} as const
const SOON = { timeout: 2_000, interval: 2 }

function messages(from: number, to: number, bytes = 1): KafkaMessage[] {
  return Array.from({ length: to - from }, (_, nr) => ({
    ...{ offset: String(from + nr), timestamp: '0', attributes: 0 },
    ...{ key: null, value: Buffer.alloc(bytes), headers: {} },
  }))
}

const fetched = (from: number, to: number) => ({ from, next: to, messages: messages(from, to) })

const offsets = ({ records }: Batch) => records.map(({ offset }) => offset)
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, nr) => from + nr)

/** A member that notes what it is asked for. */
function aMember(change: Partial<Member> = {}) {
  const kept: [number, number][] = []
  const sought: [number, number][] = []
  const member: Member = {
    keep: async ({ partition, next }) => void kept.push([partition, next]),
    flow: () => undefined,
    seek: (partition, offset) => void sought.push([partition, offset]),
    heartbeat: async () => undefined,
    ...change,
  }
  return { member, kept, sought }
}

function opened(handle: BatchHandler, settleMs = 1_000) {
  const partitions = lanes(subscription, handle, settleMs)
  partitions.open('me', [0, 1])
  return partitions
}

/** A handler that is always done, and what it saw. */
function quickHandler() {
  const seen: number[] = []
  const handle: BatchHandler = async (batch) => {
    seen.push(...offsets(batch))
    return (batch.records.at(-1)?.offset ?? 0) + 1
  }
  return { handle, seen }
}

/** A handler whose batches end when told. */
function heldHandler() {
  const held = Promise.withResolvers<void>()
  const handed: number[][] = []
  const aborted: boolean[] = []
  const handle: BatchHandler = async (batch, signal) => {
    handed.push(offsets(batch))
    await held.promise
    aborted.push(signal.aborted)
    return (batch.records.at(-1)?.offset ?? 0) + 1
  }
  return { handle, handed, aborted, release: held.resolve }
}

describe('the lanes of a group', () => {
  it('end the batch in flight and keep its position before the group shares out anew', async () => {
    const { handle, handed, aborted, release } = heldHandler()
    const { member, kept } = aMember()
    const partitions = opened(handle)
    partitions.add(member, 0, fetched(0, 25))
    await expect.poll(() => handed.length, SOON).toBe(1)
    const settled = partitions.settle()
    expect(partitions.add(member, 0, fetched(25, 30))).toBe(false)
    release()
    await settled
    expect(aborted).toEqual([true])
    expect(handed).toEqual([numbers(0, 10)])
    expect(kept).toEqual([[0, 10]])
  })

  it('wait no longer than they may, and then keep nothing of what still runs', async () => {
    const { handle, handed, release } = heldHandler()
    const { member, kept } = aMember()
    const partitions = opened(handle, 20)
    partitions.add(member, 0, fetched(0, 5))
    await expect.poll(() => handed.length, SOON).toBe(1)
    await partitions.settle()
    partitions.open('me', [0])
    partitions.add(member, 0, fetched(0, 5))
    await new Promise((done) => setTimeout(done, 20))
    expect(handed).toHaveLength(1)
    release()
    await expect.poll(() => handed.length, SOON).toBe(2)
    await expect.poll(() => kept, SOON).toEqual([[0, 5]])
  })

  it('take no fetch of an earlier term for the next one of a partition that is kept', async () => {
    const { handle, seen } = quickHandler()
    const { member, sought } = aMember()
    const partitions = opened(handle)
    partitions.add(member, 0, fetched(0, 5))
    await expect.poll(() => seen.length, SOON).toBe(5)
    await partitions.settle()
    partitions.open('me', [0])
    expect(partitions.add(member, 0, fetched(8, 12))).toBe(false)
    expect(sought).toEqual([[0, 5]])
    expect(partitions.add(member, 0, fetched(5, 12))).toBe(true)
    await expect.poll(() => seen, SOON).toEqual(numbers(0, 12))
  })

  it('begin where the group says after another one had the partition', async () => {
    const { member, sought } = aMember()
    const partitions = opened(async ({ records }) => (records.at(-1)?.offset ?? 0) + 1)
    partitions.add(member, 0, fetched(0, 5))
    await partitions.settle()
    partitions.open('me', [1])
    await partitions.settle()
    partitions.open('me', [0])
    expect(partitions.add(member, 0, fetched(50, 52))).toBe(true)
    await partitions.settle()
    partitions.open('me under a new name', [0])
    expect(partitions.add(member, 0, fetched(90, 92))).toBe(true)
    expect(sought).toEqual([])
    await partitions.close()
  })

  it('keep nothing once the membership is lost', async () => {
    const { handle, handed, release } = heldHandler()
    const { member, kept } = aMember()
    const partitions = opened(handle)
    partitions.add(member, 0, fetched(0, 5))
    await expect.poll(() => handed.length, SOON).toBe(1)
    partitions.lose()
    release()
    await partitions.close()
    expect(kept).toEqual([])
  })

  it('try to keep a position until it is kept, and handle nothing twice for it', async () => {
    const handed: number[] = []
    const kept: number[] = []
    const { member } = aMember({
      async keep({ next }) {
        kept.push(next)
        if (kept.length < 3) throw new Error('not now')
      },
    })
    const partitions = opened(async (batch) => {
      handed.push(...offsets(batch))
      return (batch.records.at(-1)?.offset ?? 0) + 1
    })
    partitions.add(member, 0, fetched(0, 5))
    await expect.poll(() => kept, SOON).toEqual([5, 5, 5])
    expect(handed).toEqual(numbers(0, 5))
    await partitions.close()
  })

  it('leave no gap for a fetch that comes in late, and none is done twice', async () => {
    const { handle, seen } = quickHandler()
    const { member, kept, sought } = aMember()
    const partitions = opened(handle)
    partitions.add(member, 0, fetched(0, 5))
    expect(partitions.add(member, 0, fetched(8, 12))).toBe(false)
    expect(sought).toEqual([[0, 5]])
    expect(partitions.add(member, 0, fetched(5, 9))).toBe(true)
    expect(partitions.add(member, 0, fetched(5, 9))).toBe(false)
    await expect.poll(() => kept.at(-1), SOON).toEqual([0, 9])
    expect(seen).toEqual(numbers(0, 9))
    await partitions.close()
  })

  it('go on where Kafka has records when it has those in between no more', async () => {
    const { handle, seen } = quickHandler()
    const { member, kept } = aMember()
    const partitions = opened(handle)
    partitions.add(member, 0, fetched(0, 5))
    expect(partitions.add(member, 0, fetched(8, 12))).toBe(false)
    expect(partitions.add(member, 0, fetched(8, 12))).toBe(true)
    await expect.poll(() => kept.at(-1), SOON).toEqual([0, 12])
    expect(seen).toEqual([...numbers(0, 5), ...numbers(8, 12)])
    await partitions.close()
  })

  it('begin anew from further back where Kafka says so, with nothing twice in the queue', async () => {
    const { handle, handed, release } = heldHandler()
    const { member } = aMember()
    const partitions = opened(handle)
    partitions.add(member, 0, fetched(10, 40))
    await expect.poll(() => handed.length, SOON).toBe(1)
    expect(partitions.add(member, 0, fetched(2, 6))).toBe(false)
    expect(partitions.add(member, 0, fetched(2, 6))).toBe(true)
    release()
    await expect.poll(() => handed, SOON).toEqual([numbers(10, 20), numbers(2, 6)])
    await partitions.close()
  })

  it('keep a position that could not be kept before, though no record follows', async () => {
    let refusals = 1
    const kept: [number, number][] = []
    const { member, sought } = aMember({
      async keep({ partition, next }) {
        if (refusals-- > 0) throw Object.assign(new Error('moved'), { type: 'ILLEGAL_GENERATION' })
        kept.push([partition, next])
      },
    })
    const { handle, seen } = quickHandler()
    const partitions = opened(handle)
    partitions.add(member, 0, fetched(0, 5))
    await expect.poll(() => seen.length, SOON).toBe(5)
    await partitions.settle()
    expect(kept).toEqual([])
    partitions.open('me', [0])
    expect(partitions.add(member, 0, fetched(0, 5))).toBe(false)
    expect(sought).toEqual([[0, 5]])
    await expect.poll(() => kept, SOON).toEqual([[0, 5]])
    expect(seen).toEqual(numbers(0, 5))
    await partitions.close()
  })

  it('take nothing of a partition that is not theirs', () => {
    const { member, sought } = aMember()
    const partitions = opened(quickHandler().handle)
    expect(partitions.add(member, 2, fetched(5, 7))).toBe(false)
    expect(sought).toEqual([])
  })

  it('go on when two joins overlap: one batch at a time, and nothing is left out', async () => {
    const { handle, handed, release } = heldHandler()
    const { member, kept } = aMember()
    const partitions = opened(handle)
    partitions.add(member, 0, fetched(0, 25))
    await expect.poll(() => handed.length, SOON).toBe(1)
    partitions.open('me', [0])
    partitions.add(member, 0, fetched(0, 25))
    await new Promise((done) => setTimeout(done, 20))
    expect(handed).toHaveLength(1)
    release()
    await expect.poll(() => kept.at(-1), SOON).toEqual([0, 25])
    expect(handed).toEqual([numbers(0, 10), numbers(0, 10), numbers(10, 20), numbers(20, 25)])
    await partitions.close()
  })

  it('pause nothing for a lane of an earlier term', async () => {
    const { handle, handed, release } = heldHandler()
    const flow: boolean[] = []
    const { member } = aMember({ flow: (_, paused) => flow.push(paused) })
    const partitions = opened(handle)
    partitions.add(member, 0, fetched(0, 5_000))
    await expect.poll(() => handed.length, SOON).toBe(1)
    const room = partitions.room(0)
    partitions.open('me', [0])
    await room
    release()
    expect(flow).toEqual([])
    await partitions.close()
  })

  it('wait for nothing and send no heartbeat when the membership is lost', async () => {
    const { handle, handed, release } = heldHandler()
    let heartbeats = 0
    const { member } = aMember({ heartbeat: async () => void heartbeats++ })
    const partitions = opened(handle, 60_000)
    partitions.add(member, 0, fetched(0, 5))
    await expect.poll(() => handed.length, SOON).toBe(1)
    partitions.lose()
    await partitions.settle()
    release()
    expect(heartbeats).toBe(0)
  })

  it('wait no longer when a heartbeat says that the membership is lost', async () => {
    const { handle, handed, release } = heldHandler()
    const { member, kept } = aMember({
      heartbeat: () =>
        Promise.reject(Object.assign(new Error('gone'), { type: 'UNKNOWN_MEMBER_ID' })),
    })
    const partitions = opened(handle, 60_000)
    partitions.add(member, 0, fetched(0, 5))
    await expect.poll(() => handed.length, SOON).toBe(1)
    await partitions.settle()
    release()
    await partitions.close()
    expect(kept).toEqual([])
  })
})

describe('room in a lane', () => {
  it('is waited for while its handler is fast', async () => {
    const flow: boolean[] = []
    const { member } = aMember({ flow: (_, paused) => flow.push(paused) })
    const partitions = opened(async ({ records }) => (records.at(-1)?.offset ?? 0) + 1)
    partitions.add(member, 0, fetched(0, 5_000))
    await partitions.room(0)
    expect(flow).toEqual([])
    await partitions.close()
  })

  it('is not waited for long when its handler is slow: its fetching pauses', async () => {
    const { handle, handed, release } = heldHandler()
    const flow: [number, boolean][] = []
    const { member } = aMember({ flow: (partition, paused) => flow.push([partition, paused]) })
    const partitions = opened(handle)
    partitions.add(member, 1, fetched(0, 5_000))
    await partitions.room(1)
    expect(flow).toEqual([[1, true]])
    release()
    await expect
      .poll(() => flow, SOON)
      .toEqual([
        [1, true],
        [1, false],
      ])
    expect(handed.length).toBeGreaterThan(200)
    await partitions.close()
  })
})

describe('keeping positions', () => {
  it('sends one request at a time, with what came meanwhile in the next one', async () => {
    const requests: number[][] = []
    const first = Promise.withResolvers<void>()
    const keep = positionKeeper(async (positions) => {
      requests.push(positions.map(({ next }) => next))
      if (requests.length === 1) await first.promise
    })
    const position = (partition: number, next: number, isOurs = true): Position => ({
      ...{ partition, next },
      isOurs: () => isOurs,
    })
    const one = keep(position(0, 1))
    await expect.poll(() => requests, SOON).toEqual([[1]])
    const others = [keep(position(0, 2)), keep(position(1, 7)), keep(position(2, 9, false))]
    first.resolve()
    await Promise.all([one, ...others])
    expect(requests).toEqual([[1], [2, 7]])
  })

  it('tells those whose request failed, and goes on', async () => {
    let requests = 0
    const keep = positionKeeper(async () => {
      requests += 1
      if (requests === 1) throw new Error('not now')
    })
    const position = { partition: 0, next: 1, isOurs: () => true }
    await expect(keep(position)).rejects.toThrow('not now')
    await expect(keep(position)).resolves.toBeUndefined()
  })
})

describe('what was fetched and waits', () => {
  it('has no room when there is much of it, and ends a pause at half of that', () => {
    const flow: boolean[] = []
    const queue = recordQueue('t', 0, 1_000, (paused) => flow.push(paused))
    queue.add(messages(0, 4_000))
    expect(queue.hasRoom()).toBe(true)
    queue.add(messages(4_000, 5_000))
    expect(queue.hasRoom()).toBe(false)
    queue.pause()
    expect(flow).toEqual([true])
    queue.take()
    queue.take()
    expect(flow).toEqual([true])
    queue.take()
    expect(flow).toEqual([true, false])
    expect(queue.size()).toBe(2_000)
  })

  it('counts bytes too, and hands over what there is when it may hold no more', () => {
    const flow: boolean[] = []
    const queue = recordQueue('t', 0, 1_000, (paused) => flow.push(paused))
    queue.add(messages(0, 5, 1_000_000))
    queue.pause()
    expect(queue.isFull()).toBe(true)
    expect(queue.take()).toHaveLength(5)
    expect(flow).toEqual([true, false])
  })

  it('counts headers, and keeps no more memory than its records need', () => {
    const queue = recordQueue('t', 0, 10, () => undefined)
    const answer = Buffer.alloc(4_000_000, 255)
    const one = (value: Buffer, header: Buffer) =>
      ({ ...messages(0, 1)[0], value, headers: { raw: header } }) as KafkaMessage
    queue.add([one(answer.subarray(40, 80), answer.subarray(0, 40))])
    const [record] = queue.take()
    const held = [record?.value, record?.headers.raw] as Uint8Array[]
    expect(held.map(({ byteLength }) => byteLength)).toEqual([40, 40])
    for (const { buffer } of held) expect(buffer.byteLength).toBeLessThan(100_000)
    queue.add([one(Buffer.alloc(1), answer)])
    expect(queue.hasRoom()).toBe(true)
    queue.add([one(Buffer.alloc(1), answer)])
    expect(queue.hasRoom()).toBe(false)
  })
})
