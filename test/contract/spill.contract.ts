import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { RECORD_LIMIT_BYTES } from '#shared/domain/record-size.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import type { Spill, SpillOutlet } from '#shared/ports/spill.ts'

/** A message as whatever empties the spill brings it. */
export type Brought = Readonly<{ group: string; body: string; handle: string }>

export type SpillUnderTest = Readonly<{
  spill: Spill
  outlet: SpillOutlet
  /** Takes out everything that lies there, each group in order. */
  take(): Promise<readonly Brought[]>
}>

export const SOON = { timeoutMs: 5_000 }

export function aSpilled(given: Partial<NewRecord> = {}): NewRecord {
  const headers = { ce_id: '1', ce_source: 'test' }
  return { topic: 'test.one', key: 'k', value: Buffer.from('{}'), headers, ...given }
}

/** What every Spill must do, whatever it is made of. */
export function spillContract(open: () => Promise<SpillUnderTest>) {
  async function takeRecords({ outlet, take }: SpillUnderTest) {
    const brought = await take()
    return (await Promise.all(brought.map(({ body }) => outlet.read(body)))).flat()
  }

  it('gives key, value and headers back as they were', async () => {
    const opened = await open()
    const binary = Buffer.from([0, 255, 254, 13, 10, 0, 128])
    const own = Object.fromEntries([
      ['raw', binary],
      ['text', '\u0000\uffff "é" 😀'],
    ])
    Object.defineProperty(own, '__proto__', { value: 'a name too', enumerable: true })
    const records = [
      aSpilled({ key: 'ключ "é"\n', value: binary, headers: own }),
      aSpilled({ key: null, value: null, headers: {} }),
      aSpilled({ key: '', value: Buffer.alloc(0) }),
      aSpilled({ topic: 'test.two', value: Buffer.from('\ufeff\u0001 {"a": "\\u0000"}') }),
    ]
    await opened.spill.put(records, SOON)
    const found = await takeRecords(opened)
    expect(found).toHaveLength(records.length)
    for (const { topic, key, value, headers } of records) {
      const one = found.find((each) => each.topic === topic && each.key === key)
      expect(one?.value && [...one.value]).toEqual(value && [...value])
      expect(Object.entries(one?.headers ?? {}).map(plain)).toEqual(
        Object.entries(headers).map(plain),
      )
    }
  })

  it('brings each key in the order in which its records were put, hundreds at once', async () => {
    const opened = await open()
    await Promise.all(
      Array.from({ length: 300 }, (_, nr) =>
        opened.spill.put(
          [`${nr}a`, `${nr}b`].map((text) =>
            aSpilled({ key: `k${nr % 7}`, value: Buffer.from(text) }),
          ),
          SOON,
        ),
      ),
    )
    const byKey = Map.groupBy(await takeRecords(opened), ({ key }) => key)
    expect([...byKey.keys()].sort()).toEqual(Array.from({ length: 7 }, (_, nr) => `k${nr}`))
    for (const [key, records] of byKey) {
      const expected = Array.from({ length: 300 }, (_, nr) => nr)
        .filter((nr) => `k${nr % 7}` === key)
        .flatMap((nr) => [`${nr}a`, `${nr}b`])
      expect(records.map(({ value }) => String(value))).toEqual(expected)
    }
  })

  it('takes a request of a thousand keys', async () => {
    const opened = await open()
    const records = Array.from({ length: 1_000 }, (_, nr) => aSpilled({ key: `k${nr}` }))
    await opened.spill.put(records, SOON)
    expect(new Set((await takeRecords(opened)).map(({ key }) => key)).size).toBe(1_000)
  })

  it('takes a record of the largest size, in its turn', async () => {
    const opened = await open()
    const value = randomBytes(RECORD_LIMIT_BYTES - 100)
    for (const each of [Buffer.from('before'), value, Buffer.from('after')]) {
      await opened.spill.put([aSpilled({ value: each })], SOON)
    }
    const found = await takeRecords(opened)
    expect(found.map((one) => one.value?.byteLength)).toEqual([6, value.byteLength, 5])
    expect(Buffer.compare(found[1]?.value ?? Buffer.alloc(0), value)).toBe(0)
  })

  it('keeps an event that comes again, and another one under the same identity', async () => {
    const opened = await open()
    for (const text of ['one', 'two']) {
      await opened.spill.put([aSpilled({ value: Buffer.from(text) })], SOON)
    }
    const found = await takeRecords(opened)
    expect(found.map(({ value }) => String(value))).toEqual(['one', 'two'])
  })

  it('answers an empty put with nothing', async () => {
    const opened = await open()
    await opened.spill.put([], SOON)
    expect(await opened.take()).toEqual([])
  })

  it('refuses a body that no spill wrote', async () => {
    const { outlet } = await open()
    for (const body of ['', 'hello', '{}', '[]', '[["topic"]]', 'gzip:AAAA']) {
      await expect(outlet.read(body)).rejects.toMatchObject({ kind: 'Malformed' })
    }
  })
}

function plain([name, value]: [string, string | Uint8Array]) {
  return [name, typeof value === 'string' ? value : [...value]]
}
