import { describe, expect, it } from 'vitest'
import type { Outcome } from '#local/lambda/outcome.ts'
import type { MappingPlan } from '#local/template/mappings.ts'
import { batchHandler } from '#local/triggers/mapping.ts'
import { fromDeadLetter } from '#shared/domain/dead-letter.ts'
import { Failure } from '#shared/errors.ts'
import type { LogRecord, NewRecord } from '#shared/ports/event-log.ts'

const TOPIC = 'hooks.custom'
const plan: MappingPlan = {
  functionName: 'recorder',
  topic: TOPIC,
  group: 'group',
  startingPosition: 'earliest',
  batchSize: 10,
  windowMs: 0,
  maxRetries: 0,
  maxAgeMs: Number.POSITIVE_INFINITY,
  bisect: true,
  partialFailures: true,
  deadLetterTopic: `dlq.${TOPIC}`,
  source: { eventSource: 'SelfManagedKafka', bootstrapServers: 'b:9092' },
}
const record = (offset: number, bytes = 4): LogRecord => ({
  topic: TOPIC,
  partition: 0,
  offset,
  timestamp: 1_000,
  key: 'k',
  value: Buffer.alloc(bytes, 1),
  headers: { ce_id: String(offset), raw: Uint8Array.of(255) },
})
const batch = (...offsets: number[]) => ({
  topic: TOPIC,
  partition: 0,
  records: offsets.map((offset) => record(offset)),
})

type Invoke = (offsets: readonly number[], invocation: number) => Outcome

function handler(
  invoke: Invoke,
  append: (records: readonly NewRecord[]) => void = () => undefined,
) {
  const invocations: number[][] = []
  const letters: NewRecord[] = []
  const handle = batchHandler(plan, {
    consumer: { consume: () => Promise.reject(new Error('unused')), close: async () => undefined },
    deadLetters: {
      async append(records) {
        append(records)
        letters.push(...records)
        return []
      },
      close: async () => undefined,
    },
    host: {
      async consume(records) {
        const offsets = records.map(({ offset }) => offset)
        invocations.push(offsets)
        return invoke(offsets, invocations.length)
      },
    },
    joined: true,
    log: () => undefined,
    now: () => 2_000,
  })
  return { handle, invocations, letters }
}

const done: Outcome = { type: 'result', value: undefined }
const boom: Outcome = { type: 'error', errorType: 'TypeError', message: 'boom' }
const outage: Outcome = { type: 'error', errorType: 'Unavailable', message: 'away' }
const failedAt = (offset: number): Outcome => ({
  type: 'result',
  value: { batchItemFailures: [{ itemIdentifier: { partition: `${TOPIC}-0`, offset } }] },
})
const signal = () => new AbortController().signal

describe('handing batches to a function', () => {
  it('goes on behind the last record', async () => {
    const { handle, invocations } = handler(() => done)
    expect(await handle(batch(3, 4, 7), signal())).toBe(8)
    expect(invocations).toEqual([[3, 4, 7]])
  })

  it('puts a record aside that spoils its batch, whole and alone', async () => {
    const { handle, letters } = handler((offsets) => (offsets.includes(5) ? boom : done))
    expect(await handle(batch(3, 4, 5, 6), signal())).toBe(7)
    expect(letters).toHaveLength(1)
    const letter = fromDeadLetter(letters[0] as NewRecord)
    expect(letter).toMatchObject({ reason: 'failed', stage: 'recorder', at: new Date(2_000) })
    const { topic, key, value, headers } = record(5)
    expect(letter?.original).toEqual({ topic, key, value, headers })
  })

  it('puts a record aside that the function names', async () => {
    const { handle, invocations, letters } = handler((offsets) =>
      offsets.includes(4) ? failedAt(4) : done,
    )
    expect(await handle(batch(3, 4, 5), signal())).toBe(6)
    expect(invocations).toEqual([[3, 4, 5], [5]])
    expect(letters).toHaveLength(1)
  })

  it('gives no record up for the age of one before it', async () => {
    const parts = handlerParts(failedAt(4), new AbortController())
    const letters: NewRecord[] = []
    let isFirst = true
    const handle = batchHandler(
      { ...plan, maxRetries: 1, maxAgeMs: 500 },
      {
        ...parts,
        deadLetters: {
          append: async (records) => {
            letters.push(...records)
            return []
          },
          close: async () => undefined,
        },
        host: {
          async consume() {
            const outcome = isFirst ? failedAt(4) : done
            isFirst = false
            return outcome
          },
        },
      },
    )
    const records = [record(3), { ...record(4), timestamp: 1_900 }]
    expect(await handle({ topic: TOPIC, partition: 0, records }, signal())).toBe(5)
    expect(letters).toEqual([])
  })

  it('waits for what is away and gives nothing up', async () => {
    const { handle, letters } = handler((_, invocation) => (invocation <= 3 ? outage : done))
    expect(await handle(batch(3, 4), signal())).toBe(5)
    expect(letters).toEqual([])
  })

  it('keeps what is done when the partition is taken away', async () => {
    const taken = new AbortController()
    const { handle } = handler((_, invocation) => {
      if (invocation === 1) return failedAt(4)
      taken.abort()
      return outage
    })
    const patient = batchHandler({ ...plan, maxRetries: 5 }, handlerParts(failedAt(4), taken))
    expect(await patient(batch(3, 4, 5), taken.signal)).toBe(4)
    expect(await handle(batch(3), AbortSignal.abort())).toBe(3)
  })

  it("does not give a partition's record up for what another partition handed over", async () => {
    const { handle, letters } = handler((offsets) => (offsets.includes(5) ? boom : done))
    const other = { topic: TOPIC, partition: 1, records: [{ ...record(9), partition: 1 }] }
    await Promise.all([handle(batch(5), signal()), handle(other, signal())])
    expect(letters.map((letter) => letter.headers.ce_id)).toEqual(['5'])
  })

  it('keeps a record until its dead letter is stored', async () => {
    let refused = 0
    const { handle, letters } = handler(
      () => boom,
      () => {
        refused += 1
        if (refused <= 2) throw new Failure('Unavailable', 'the log is away')
      },
    )
    expect(await handle(batch(3), signal())).toBe(4)
    expect(letters).toHaveLength(1)
  })

  it('keeps invocations below the payload that Lambda takes', async () => {
    const { handle, invocations } = handler(() => done)
    const records = [1, 2, 3, 4, 5].map((offset) => record(offset, 1_500_000))
    expect(await handle({ topic: TOPIC, partition: 0, records }, signal())).toBe(6)
    expect(invocations).toEqual([[1, 2], [3, 4], [5]])
  })
})

/** A function that always answers the same, and a partition that goes after the first answer. */
function handlerParts(outcome: Outcome, taken: AbortController) {
  return {
    consumer: { consume: () => Promise.reject(new Error('unused')), close: async () => undefined },
    deadLetters: { append: async () => [], close: async () => undefined },
    host: {
      async consume() {
        setTimeout(() => taken.abort(), 5)
        return outcome
      },
    },
    joined: true,
    log: () => undefined,
    now: () => 2_000,
  }
}
