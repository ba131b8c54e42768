import { describe, expect, it } from 'vitest'
import { RECORD_LIMIT_BYTES } from '#shared/domain/record-size.ts'
import type { Topic } from '#shared/domain/topics.ts'
import type { EventLog, LogRecord, NewRecord } from '#shared/ports/event-log.ts'
import type { LogBrowser } from '#shared/ports/log-browser.ts'
import type { TopicAdmin } from '#shared/ports/topic-admin.ts'

/** One log, opened through three ports, with a topic of its own. */
export type OpenedLog = Readonly<{ log: EventLog; browser: LogBrowser; admin: TopicAdmin }>

let topicNumber = 0

/** A topic that no other test uses. */
export function aTopic(partitions: number): Topic {
  topicNumber += 1
  const name = `test.${Date.now().toString(36)}.${topicNumber}`
  return { name, partitions, retentionMs: 3_600_000, carries: 'a test' }
}

export function aRecord(topic: string, changes: Partial<NewRecord> = {}): NewRecord {
  return { topic, key: 'k', value: Buffer.from('{}'), headers: {}, ...changes }
}

/** All records of a topic, partition after partition. */
export async function readAll(browser: LogBrowser, topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (const { partition, first, end } of await browser.bounds(topic)) {
    for (let from = first; from < end; ) {
      const page = await browser.read(topic, partition, from, 1_000)
      records.push(...page)
      from = (page.at(-1)?.offset ?? end) + 1
    }
  }
  return records
}

const text = (value: Uint8Array | null | undefined) => value && Buffer.from(value).toString()

/** What every event log must do, whatever it is made of. */
export function eventLogContract(open: () => Promise<OpenedLog>) {
  async function withTopic(partitions: number) {
    const opened = await open()
    const topic = aTopic(partitions)
    await opened.admin.apply([topic])
    return { ...opened, topic: topic.name }
  }

  describe('appending', () => {
    it('answers dense positions in input order, which is the order on the log', async () => {
      const { log, browser, topic } = await withTopic(3)
      const keys = Array.from({ length: 60 }, (_, nr) => `key-${nr % 7}`)
      const positions = await log.append(
        keys.map((key, nr) => aRecord(topic, { key, value: Buffer.from(String(nr)) })),
      )
      const next = new Map<number, number>()
      for (const { partition, offset } of positions) {
        expect(offset).toBe(next.get(partition) ?? 0)
        next.set(partition, offset + 1)
      }
      const stored = await readAll(browser, topic)
      const at = new Map(stored.map((one) => [`${one.partition}:${one.offset}`, text(one.value)]))
      expect(positions.map((one) => at.get(`${one.partition}:${one.offset}`))).toEqual(
        keys.map((_, nr) => String(nr)),
      )
    })

    it('keeps a key in one partition, and spreads records without a key', async () => {
      const { log, topic } = await withTopic(4)
      const keyed = await log.append(Array.from({ length: 8 }, () => aRecord(topic)))
      const keyless: number[] = []
      for (let nr = 0; nr < 8; nr++) {
        const [position] = await log.append([aRecord(topic, { key: null })])
        keyless.push(position?.partition ?? -1)
      }
      expect(new Set(keyed.map(({ partition }) => partition)).size).toBe(1)
      expect(new Set(keyless).size).toBe(4)
    })

    it('has every record readable when it answers', async () => {
      const { log, browser, topic } = await withTopic(1)
      for (let nr = 0; nr < 20; nr++) {
        const [position] = await log.append([aRecord(topic)])
        const found = await browser.read(topic, 0, position?.offset ?? -1, 1)
        expect(found).toHaveLength(1)
      }
    })

    it('stores hundreds of concurrent appends once each, each key in the order of the calls', async () => {
      const { log, browser, topic } = await withTopic(4)
      const calls = Array.from({ length: 400 }, (_, nr) =>
        log.append([
          aRecord(topic, { key: `k${nr % 13}`, value: Buffer.from(String(nr)) }),
          aRecord(topic, { key: `k${nr % 13}`, value: Buffer.from(`${nr}b`) }),
        ]),
      )
      const positions = (await Promise.all(calls)).flat()
      expect(new Set(positions.map((one) => `${one.partition}:${one.offset}`)).size).toBe(800)
      const stored = await readAll(browser, topic)
      expect(stored).toHaveLength(800)
      for (const [key, records] of Map.groupBy(stored, (record) => record.key)) {
        const expected = Array.from({ length: 400 }, (_, nr) => nr)
          .filter((nr) => `k${nr % 13}` === key)
          .flatMap((nr) => [String(nr), `${nr}b`])
        expect(records.map(({ value }) => text(value))).toEqual(expected)
      }
    })

    it('keeps key, value and headers as they were', async () => {
      const { log, browser, topic } = await withTopic(1)
      const binary = Buffer.from([0, 255, 254, 13, 10, 0, 128])
      const records = [
        aRecord(topic, {
          key: 'ключ "é"\n',
          value: binary,
          headers: { a: 'ü', 'content-type': '' },
        }),
        aRecord(topic, { key: null, value: null, headers: {} }),
        aRecord(topic, {
          key: '',
          value: Buffer.alloc(0),
          headers: { raw: binary, text: '\u0000' },
        }),
        aRecord(topic, { headers: { utf8: Buffer.from('as text') } }),
      ]
      await log.append(records)
      const stored = await browser.read(topic, 0, 0, 10)
      expect(stored.map(({ key }) => key)).toEqual(['ключ "é"\n', null, '', 'k'])
      expect(stored.map(({ value }) => value && [...value])).toEqual([
        [...binary],
        null,
        [],
        [...Buffer.from('{}')],
      ])
      expect(stored[0]?.headers).toEqual({ a: 'ü', 'content-type': '' })
      expect(stored[1]?.headers).toEqual({})
      expect(stored[2]?.headers.text).toBe('\u0000')
      expect([...(stored[2]?.headers.raw ?? [])]).toEqual([...binary])
      expect(stored[3]?.headers).toEqual({ utf8: 'as text' })
      for (const { timestamp } of stored) {
        expect(Math.abs(Date.now() - timestamp)).toBeLessThan(60_000)
      }
    })

    it('takes a batch of thousands, and a record of the largest size', async () => {
      const { log, browser, topic } = await withTopic(2)
      const value = Buffer.alloc(300, 'x')
      const many = Array.from({ length: 5_000 }, (_, nr) =>
        aRecord(topic, { key: `k${nr}`, value }),
      )
      expect(await log.append(many)).toHaveLength(5_000)
      const [position] = await log.append([
        aRecord(topic, { value: Buffer.alloc(RECORD_LIMIT_BYTES - 1) }),
      ])
      expect(await readAll(browser, topic)).toHaveLength(5_001)
      const found = await browser.read(topic, position?.partition ?? 0, position?.offset ?? 0, 1)
      expect(found[0]?.value?.byteLength).toBe(RECORD_LIMIT_BYTES - 1)
    })

    it('refuses a record beyond the limit, and what came with it', async () => {
      const { log, browser, topic } = await withTopic(1)
      const tooLarge = aRecord(topic, { value: Buffer.alloc(RECORD_LIMIT_BYTES) })
      await expect(log.append([aRecord(topic), tooLarge])).rejects.toMatchObject({
        kind: 'TooLarge',
      })
      expect(await readAll(browser, topic)).toEqual([])
      await log.append([aRecord(topic)])
      expect(await readAll(browser, topic)).toHaveLength(1)
    })

    it('refuses a topic that does not exist, and nothing else', async () => {
      const { log, browser, topic } = await withTopic(1)
      const [refused, stored] = await Promise.allSettled([
        log.append([aRecord(topic), aRecord('test.nowhere')]),
        log.append([aRecord(topic)]),
      ])
      expect(refused).toMatchObject({ reason: { kind: 'NotFound' } })
      expect(stored.status).toBe('fulfilled')
      expect(await readAll(browser, topic)).toHaveLength(1)
      await expect(browser.bounds('test.nowhere')).rejects.toMatchObject({ kind: 'NotFound' })
    })

    it('finds a topic made after the log was opened', async () => {
      const { log, admin } = await withTopic(1)
      const later = aTopic(1)
      await expect(log.append([aRecord(later.name)])).rejects.toMatchObject({ kind: 'NotFound' })
      await admin.apply([later])
      await expect
        .poll(() => log.append([aRecord(later.name)]).catch(() => []), { timeout: 5_000 })
        .toHaveLength(1)
    })

    it('answers an empty append with nothing', async () => {
      const { log } = await withTopic(1)
      expect(await log.append([])).toEqual([])
    })
  })

  describe('topics', () => {
    it('says what it would do, does it once, and finds nothing left to do', async () => {
      const { admin, browser } = await open()
      const topic = aTopic(2)
      expect(await admin.plan([topic])).toEqual([{ topic: topic.name, change: 'create' }])
      expect(await admin.apply([topic])).toEqual([{ topic: topic.name, change: 'create' }])
      await expect
        .poll(() => admin.plan([topic]), { timeout: 5_000 })
        .toEqual([{ topic: topic.name, change: 'none' }])
      expect(await browser.bounds(topic.name)).toEqual([
        { partition: 0, first: 0, end: 0 },
        { partition: 1, first: 0, end: 0 },
      ])
    })

    it('adds partitions and changes retention, and never takes a partition away', async () => {
      const { admin, browser } = await open()
      const topic = aTopic(2)
      await admin.apply([topic])
      const wider = { ...topic, partitions: 3, retentionMs: 7_200_000 }
      await expect
        .poll(async () => (await admin.plan([wider])).map(({ change }) => change), {
          timeout: 5_000,
        })
        .toEqual(['add-partitions', 'set-retention'])
      await admin.apply([wider])
      const narrower = { ...wider, partitions: 1 }
      await expect
        .poll(() => admin.plan([narrower]), { timeout: 5_000 })
        .toEqual([{ topic: topic.name, change: 'none' }])
      await expect
        .poll(async () => (await browser.bounds(topic.name)).length, { timeout: 5_000 })
        .toBe(3)
    })

    it('lets two apply the same manifest side by side', async () => {
      const { admin } = await open()
      const manifest = [aTopic(1), aTopic(2)]
      await Promise.all([admin.apply(manifest), admin.apply(manifest)])
      await expect
        .poll(async () => (await admin.plan(manifest)).map(({ change }) => change), {
          timeout: 5_000,
        })
        .toEqual(['none', 'none'])
    })
  })
}
