import { describe, expect, it } from 'vitest'
import type { Outcome } from '#local/lambda/outcome.ts'
import { joinedInvocations } from '#local/triggers/joined-invocations.ts'
import type { LogRecord } from '#shared/ports/event-log.ts'

const records = (partition: number, ...offsets: number[]): readonly LogRecord[] =>
  offsets.map((offset) => ({
    ...{ topic: 't', partition, offset, timestamp: 0 },
    ...{ key: null, value: null, headers: {} },
  }))
const places = (batch: readonly LogRecord[]) => batch.map((r) => `${r.partition}:${r.offset}`)
const done: Outcome = { type: 'result', value: { batchItemFailures: [] } }

function joined(outcome: Outcome = done, maxRecords = 100) {
  const invocations: string[][] = []
  const join = joinedInvocations(
    async (batch) => {
      invocations.push(places(batch))
      return outcome
    },
    maxRecords,
    Date.now,
  )
  return { join, invocations }
}

describe('joined invocations', () => {
  it('hands over in one invocation what several partitions have ready together', async () => {
    const { join, invocations } = joined()
    await Promise.all([join(records(0, 1, 2)), join(records(1, 7))])
    expect(invocations).toEqual([['0:1', '0:2', '1:7']])
  })

  it('runs one at a time and lets later ones gather meanwhile', async () => {
    const { join, invocations } = joined()
    await join(records(0, 1))
    await Promise.all([join(records(0, 2)), join(records(1, 5)), join(records(2, 9))])
    expect(invocations).toEqual([['0:1'], ['0:2', '1:5', '2:9']])
  })

  it('keeps to the batch size of the mapping', async () => {
    const { join, invocations } = joined(done, 2)
    await Promise.all([join(records(0, 1, 2)), join(records(1, 5)), join(records(2, 9))])
    expect(invocations).toEqual([
      ['0:1', '0:2'],
      ['1:5', '2:9'],
    ])
  })

  it('gives each partition the failures of its own', async () => {
    const failure = { itemIdentifier: { partition: 't-1', offset: 5 } }
    const { join } = joined({ type: 'result', value: { batchItemFailures: [failure] } })
    const [one, other] = await Promise.all([join(records(0, 1)), join(records(1, 5))])
    expect(one).toEqual({ type: 'result', value: { batchItemFailures: [] } })
    expect(other).toEqual({ type: 'result', value: { batchItemFailures: [failure] } })
  })

  it('tells all of an outage, after one invocation', async () => {
    const outage: Outcome = { type: 'error', errorType: 'Unavailable', message: '' }
    const { join, invocations } = joined(outage)
    expect(await Promise.all([join(records(0, 1)), join(records(1, 5))])).toEqual([outage, outage])
    expect(invocations).toHaveLength(1)
  })

  it('repeats what failed for each partition alone, so that each gets its own outcome', async () => {
    const error: Outcome = { type: 'error', errorType: 'TypeError', message: '' }
    const invocations: string[][] = []
    const join = joinedInvocations(
      async (batch) => {
        invocations.push(places(batch))
        return batch.some(({ offset }) => offset === 5) ? error : done
      },
      100,
      Date.now,
    )
    const outcomes = await Promise.all([join(records(0, 1)), join(records(1, 5))])
    expect(outcomes).toEqual([done, error])
    expect(invocations).toEqual([['0:1', '1:5'], ['0:1'], ['1:5']])
  })

  it('goes on after an invocation that threw, and passes the error on', async () => {
    let calls = 0
    const join = joinedInvocations(
      async () => {
        calls += 1
        if (calls === 1) throw new Error('no place for it')
        return done
      },
      100,
      Date.now,
    )
    await expect(join(records(0, 1))).rejects.toThrow('no place for it')
    expect(await join(records(0, 1))).toEqual(done)
  })

  it('repeats alone, too, where the failures name none of the partitions', async () => {
    const nobody: Outcome = {
      type: 'result',
      value: { batchItemFailures: [{ itemIdentifier: 'x' }] },
    }
    const { join, invocations } = joined(nobody)
    await Promise.all([join(records(0, 1)), join(records(1, 5))])
    expect(invocations).toEqual([['0:1', '1:5'], ['0:1'], ['1:5']])
  })

  it('leaves the outcome of a partition that went alone as it is', async () => {
    const nobody: Outcome = {
      type: 'result',
      value: { batchItemFailures: [{ itemIdentifier: 'x' }] },
    }
    const { join, invocations } = joined(nobody)
    expect(await join(records(0, 1))).toEqual(nobody)
    expect(invocations).toHaveLength(1)
  })
})
