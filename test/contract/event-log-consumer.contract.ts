import { describe, expect, it, onTestFinished } from 'vitest'
import type { Batch } from '#shared/ports/event-consumer.ts'
import { aRecord } from './event-log.contract.ts'
import {
  numbers,
  type OpenedGroupLog,
  offsetAfter,
  QUIET_MS,
  SLOW,
  textOf,
  withTopic as withTopicOf,
} from './event-log-consumer.harness.ts'

/** What every consumer of an event log must do, whatever it is made of. */
export function eventConsumerContract(open: () => Promise<OpenedGroupLog>) {
  const withTopic = (partitions: number) => withTopicOf(open, partitions)

  describe('consuming', () => {
    it('hands over every record once, each partition in order, and goes on with what comes', async () => {
      const { consumer, subscription, append } = await withTopic(3)
      await append(numbers(0, 250))
      const seen: string[] = []
      const nextOffset = new Map<number, number>()
      await consumer().consume(subscription, async (batch) => {
        expect(batch.records.length).toBeGreaterThan(0)
        expect(batch.records.length).toBeLessThanOrEqual(100)
        for (const { offset } of batch.records) {
          expect(offset).toBe(nextOffset.get(batch.partition) ?? 0)
          nextOffset.set(batch.partition, offset + 1)
        }
        seen.push(...textOf(batch))
        return offsetAfter(batch)
      })
      await expect.poll(() => seen.length, SLOW).toBe(250)
      await append(numbers(250, 300))
      await expect.poll(() => seen.length, SLOW).toBe(300)
      expect(new Set(seen).size).toBe(300)
    })

    it('goes on after a restart where it stopped', async () => {
      const { consumer, subscription, append } = await withTopic(2)
      const seen: string[] = []
      const handle = async (batch: Batch) => {
        seen.push(...textOf(batch))
        return offsetAfter(batch)
      }
      await append(numbers(0, 50))
      const first = consumer()
      await first.consume(subscription, handle)
      await expect.poll(() => seen.length, SLOW).toBe(50)
      await first.close()
      await append(numbers(50, 80))
      await consumer().consume(subscription, handle)
      await expect.poll(() => seen.length, SLOW).toBe(80)
      expect(new Set(seen).size).toBe(80)
    })

    it('reads again from an offset that the handler answers inside the batch', async () => {
      const { consumer, subscription, append } = await withTopic(1)
      await append(numbers(0, 10), 1)
      const batches: string[][] = []
      await consumer().consume(subscription, async (batch) => {
        batches.push(textOf(batch))
        return batches.length === 1 ? 4 : offsetAfter(batch)
      })
      await expect.poll(() => batches.length, SLOW).toBe(2)
      expect(batches).toEqual([numbers(0, 10), numbers(4, 10)])
    })

    it('hands over a batch again after its handler threw, and no other partition waits', async () => {
      const { consumer, subscription, append, log, topic } = await withTopic(2)
      await append(numbers(0, 40))
      const attempts: string[][] = []
      const others: string[] = []
      await consumer().consume(subscription, async (batch) => {
        if (batch.partition === 1) {
          others.push(...textOf(batch))
          return offsetAfter(batch)
        }
        attempts.push(textOf(batch))
        if (attempts.length < 3) throw new Error('not now')
        return offsetAfter(batch)
      })
      await expect.poll(() => attempts.length, SLOW).toBe(3)
      expect(attempts[2]).toEqual(attempts[0])
      await expect.poll(() => others.length + (attempts[0]?.length ?? 0), SLOW).toBe(40)
      await log.append([aRecord(topic, { value: Buffer.from('later') })])
      await expect.poll(() => [...attempts.slice(3), others].flat(), SLOW).toContain('later')
    })

    it('begins at the end when told so, and then misses nothing', async () => {
      const { consumer, subscription, append } = await withTopic(2)
      await append(['old'])
      const seen: string[] = []
      const handle = async (batch: Batch) => {
        seen.push(...textOf(batch))
        return offsetAfter(batch)
      }
      const first = consumer()
      await first.consume({ ...subscription, startingPosition: 'latest' }, handle)
      await append(['new'])
      await expect.poll(() => seen, SLOW).toEqual(['new'])
      await first.close()
      await append(['while away'])
      await consumer().consume({ ...subscription, startingPosition: 'latest' }, handle)
      await expect.poll(() => seen, SLOW).toEqual(['new', 'while away'])
    })

    it('lets two groups read the same topic, each at its own pace', async () => {
      const { consumer, subscription, append } = await withTopic(2)
      const seen: Record<string, string[]> = { a: [], b: [] }
      const reader = consumer()
      for (const group of ['a', 'b']) {
        const name = `${subscription.group}-${group}`
        await reader.consume({ ...subscription, group: name }, async (batch) => {
          seen[group]?.push(...textOf(batch))
          return offsetAfter(batch)
        })
      }
      await append(numbers(0, 30))
      await expect.poll(() => [seen.a?.length, seen.b?.length], SLOW).toEqual([30, 30])
    })

    it('has one batch of a partition in flight at a time', async () => {
      const { consumer, subscription, append } = await withTopic(1)
      await append(numbers(0, 30), 1)
      let inFlight = 0
      let most = 0
      let done = 0
      await consumer().consume({ ...subscription, maxRecords: 5 }, async (batch) => {
        inFlight++
        most = Math.max(most, inFlight)
        await new Promise((wake) => setTimeout(wake, 5))
        inFlight--
        done += batch.records.length
        return offsetAfter(batch)
      })
      await append(numbers(30, 40), 1)
      await expect.poll(() => done, SLOW).toBe(40)
      expect(most).toBe(1)
    })

    it('shares partitions between two members, and one takes over what the other leaves', async () => {
      const { consumer, subscription, append } = await withTopic(4)
      const read: Record<string, Set<number>> = { a: new Set(), b: new Set() }
      const seen: string[] = []
      const member = (name: string) => async (batch: Batch) => {
        read[name]?.add(batch.partition)
        seen.push(...textOf(batch))
        return offsetAfter(batch)
      }
      const first = consumer()
      await first.consume(subscription, member('a'))
      const second = consumer()
      await second.consume(subscription, member('b'))
      let appended = 0
      const appendMore = async () => {
        await append(numbers(appended, appended + 50))
        appended += 50
      }
      await expect
        .poll(async () => {
          read.a?.clear()
          read.b?.clear()
          await appendMore()
          await new Promise((done) => setTimeout(done, QUIET_MS))
          return [read.a?.size, read.b?.size]
        }, SLOW)
        .toEqual([2, 2])
      await second.close()
      read.a?.clear()
      await appendMore()
      await expect.poll(() => read.a?.size, SLOW).toBe(4)
      await expect.poll(() => new Set(seen).size, SLOW).toBe(appended)
    })

    it('waits for a batch to fill, though not longer than told', async () => {
      const { consumer, subscription, append } = await withTopic(1)
      const batches: number[] = []
      const waiting = { ...subscription, maxRecords: 4, maxWaitMs: 1_000 }
      await consumer().consume(waiting, async (batch) => {
        batches.push(batch.records.length)
        return offsetAfter(batch)
      })
      await append(['warm'], 1)
      await expect.poll(() => batches, SLOW).toEqual([1])
      for (const value of ['a', 'b', 'c']) await append([value], 1)
      await expect.poll(() => batches.reduce((sum, one) => sum + one, 0), SLOW).toBe(4)
      expect(batches).toEqual([1, 3])
    })

    it('lets no partition wait for the handler of another one', async () => {
      const { consumer, subscription, append } = await withTopic(3)
      const { promise: held, resolve: release } = Promise.withResolvers<void>()
      onTestFinished(() => release())
      const partitions: number[] = []
      const seen: string[] = []
      await consumer().consume(subscription, async (batch) => {
        partitions.push(batch.partition)
        if (textOf(batch).includes('hold')) await held
        seen.push(...textOf(batch))
        return offsetAfter(batch)
      })
      await append(['hold'], 1)
      await expect.poll(() => partitions.length, SLOW).toBe(1)
      for (let from = 0; from < 90; from += 30) {
        await append(numbers(from, from + 30))
        await new Promise((done) => setTimeout(done, QUIET_MS))
      }
      const [heldPartition] = partitions
      expect(partitions.filter((one) => one === heldPartition)).toHaveLength(1)
      expect(seen.length).toBeGreaterThan(30)
      release()
      await expect.poll(() => new Set(seen).size, SLOW).toBe(91)
    })

    it('ends a batch in flight before its partition goes to a member that joins', async () => {
      const { consumer, subscription, append } = await withTopic(4)
      const running = new Map<number, number>()
      const seen: string[] = []
      let most = 0
      const member = async (batch: Batch) => {
        const now = (running.get(batch.partition) ?? 0) + 1
        running.set(batch.partition, now)
        most = Math.max(most, now)
        await new Promise((wake) => setTimeout(wake, QUIET_MS))
        running.set(batch.partition, now - 1)
        seen.push(...textOf(batch))
        return offsetAfter(batch)
      }
      await append(numbers(0, 120))
      const slow = { ...subscription, maxRecords: 5 }
      await consumer().consume(slow, member)
      await expect.poll(() => seen.length, SLOW).toBeGreaterThan(10)
      await consumer().consume(slow, member)
      await expect.poll(() => new Set(seen).size, SLOW).toBe(120)
      expect(seen).toHaveLength(120)
      expect(most).toBe(1)
    })

    it('waits on stop for the batch in flight, keeps its position and takes no other', async () => {
      const { consumer, subscription, append } = await withTopic(1)
      await append(numbers(0, 20), 1)
      const seen: string[] = []
      let started = 0
      const consumption = await consumer().consume(
        { ...subscription, maxRecords: 5 },
        async (batch) => {
          started++
          await new Promise((wake) => setTimeout(wake, 100))
          seen.push(...textOf(batch))
          return offsetAfter(batch)
        },
      )
      await expect.poll(() => started, SLOW).toBe(1)
      await consumption.stop()
      const atStop = seen.length
      expect(atStop).toBe(started * 5)
      await new Promise((done) => setTimeout(done, QUIET_MS))
      expect(seen).toHaveLength(atStop)
      await consumer().consume(subscription, async (batch) => {
        seen.push(...textOf(batch))
        return offsetAfter(batch)
      })
      await expect.poll(() => seen, SLOW).toEqual(numbers(0, 20))
    })

    it('says how far a group is behind', async () => {
      const { consumer, subscription, append, browser, topic } = await withTopic(1)
      await append(numbers(0, 10), 1)
      let handled = 0
      const { stop } = await consumer().consume(
        { ...subscription, maxRecords: 4 },
        async (batch) => {
          handled += 1
          if (handled > 1) throw new Error('not now')
          return offsetAfter(batch)
        },
      )
      const lag = async () =>
        (await browser.lag(new Date(Date.now() + 1_000))).find((one) => one.topic === topic)
      await expect.poll(async () => (await lag())?.position, SLOW).toBe(4)
      await stop()
      const behind = await lag()
      expect(behind).toMatchObject({
        group: subscription.group,
        partition: 0,
        position: 4,
        end: 10,
      })
      expect(behind?.oldestUnreadMs).toBeGreaterThanOrEqual(1_000)
    })

    it('refuses a topic that does not exist', async () => {
      const { consumer, subscription } = await withTopic(1)
      const unknown = { ...subscription, topic: 'test.nowhere' }
      await expect(consumer().consume(unknown, async () => 0)).rejects.toMatchObject({
        kind: 'NotFound',
      })
    })
  })
}
