import type { SQSEvent } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { outageWaitS } from '#functions/spill-drain/postponement.ts'
import { drainSpill } from '#functions/spill-drain/spill-drain.ts'
import { memoryEventLog, memoryLog } from '#shared/adapters/memory/event-log.ts'
import { memorySpill } from '#shared/adapters/memory/spill.ts'
import { Failure } from '#shared/errors.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import { aSpilled, SOON } from '#test/contract/spill.contract.ts'

const MANIFEST = [{ name: 'test.one', partitions: 1, retentionMs: 1_000, carries: 'tests' }]

async function aDrain(append?: EventLog['append']) {
  const memory = memoryLog(MANIFEST)
  const log = memoryEventLog(memory)
  const spill = memorySpill()
  const drain = drainSpill({ log: append ? { append } : log, outlet: spill })
  const put = (key: string, text: string, topic = 'test.one') =>
    spill.put([aSpilled({ topic, key, value: Buffer.from(text) })], SOON)
  return {
    spill,
    put,
    drain: (tries = 1) => drain(eventOf(spill, tries)),
    stored: () =>
      memory.topics
        .get('test.one')
        ?.flat()
        .map(({ value }) => String(value)),
  }
}

function eventOf({ messages }: ReturnType<typeof memorySpill>, tries: number): SQSEvent {
  return {
    Records: messages.map(({ group, text, handle }, nr) => ({
      ...{ messageId: `m${nr}`, receiptHandle: handle, body: text },
      attributes: { MessageGroupId: group, ApproximateReceiveCount: String(tries) },
    })),
  } as unknown as SQSEvent
}

const failuresOf = (answer: { batchItemFailures: readonly { itemIdentifier: string }[] }) =>
  answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)

describe('the spill drain', () => {
  it('moves what was spilled to the log, in order', async () => {
    const { put, drain, stored } = await aDrain()
    for (const text of ['1', '2', '3']) await put('k', text)
    expect(failuresOf(await drain())).toEqual([])
    expect(stored()).toEqual(['1', '2', '3'])
  })

  it('lets nothing of a key go on behind a message that is refused, and others of other keys', async () => {
    const { spill, put, drain, stored } = await aDrain()
    await put('a', 'a1')
    await put('b', 'b1')
    await put('a', 'no message')
    await put('a', 'a2')
    await put('b', 'b2')
    const [, , third] = spill.messages
    if (third) spill.messages[2] = { ...third, text: 'nothing that a spill wrote' }
    expect(failuresOf(await drain())).toEqual(['m2', 'm3'])
    expect(stored()).toEqual(['a1', 'b1', 'b2'])
    expect(spill.messages.map(({ postponedS }) => postponedS)).toEqual([0, 0, 5, 5, 0])
  })

  it('moves the others when the log refuses one: its topic is not there', async () => {
    const { put, drain, stored } = await aDrain()
    await put('a', 'a1')
    await put('x', 'lost', 'test.nowhere')
    await put('x', 'behind it', 'test.nowhere')
    await put('b', 'b1')
    expect(failuresOf(await drain())).toEqual(['m1', 'm2'])
    expect(stored()).toEqual(['a1', 'b1'])
  })

  it('postpones everything while the log is away, longer and longer', async () => {
    const { spill, put, drain } = await aDrain(async () => {
      throw new Failure('Unavailable', 'away')
    })
    await put('a', 'a1')
    await put('b', 'b1')
    for (const [tries, seconds] of [
      [1, 5],
      [3, 5],
      [6, 40],
      [900, 900],
    ] as const) {
      expect(failuresOf(await drain(tries))).toEqual(['m0', 'm1'])
      expect(spill.messages.map(({ postponedS }) => postponedS)).toEqual([seconds, seconds])
    }
  })

  it('brings everything again when the log goes away between two messages', async () => {
    let appends = 0
    const { spill, put, drain } = await aDrain(async () => {
      appends += 1
      throw new Failure(appends === 1 ? 'NotFound' : 'Unavailable', 'no')
    })
    await put('a', 'a1')
    await put('b', 'b1')
    expect(failuresOf(await drain(6))).toEqual(['m0', 'm1'])
    expect(spill.messages.map(({ postponedS }) => postponedS)).toEqual([40, 40])
  })

  it('fails itself on a defect, which an alarm tells', async () => {
    const { put, drain } = await aDrain(async () => {
      throw new TypeError('no function')
    })
    await put('a', 'a1')
    await expect(drain()).rejects.toThrow('no function')
  })

  it('survives a queue that does not postpone', async () => {
    const { spill, put, drain } = await aDrain(async () => {
      throw new Failure('Unavailable', 'the log is away')
    })
    spill.postpone = async () => {
      throw new Failure('Misconfigured', 'no leave')
    }
    await put('a', 'a1')
    expect(failuresOf(await drain())).toEqual(['m0'])
  })

  it('waits out more than ten days before a queue has counted a thousand tries', () => {
    const seconds = Array.from({ length: 1_000 }, (_, nr) => outageWaitS(nr + 1))
    expect(seconds.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(10 * 86_400)
    expect(Math.max(...seconds)).toBeLessThanOrEqual(43_200)
  })
})
