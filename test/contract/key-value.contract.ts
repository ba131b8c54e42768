import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { VALUE_LIMIT_BYTES } from '#shared/domain/discovery/key-problems.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import { aName } from '#test/support/discovery.ts'
import { follow } from '#test/support/watcher.ts'

const SOON = { timeout: 5_000, interval: 20 }

/** What every key-value store must do, whatever it is made of. */
export function keyValueContract(open: () => Promise<KeyValue>) {
  async function withStore() {
    const store = await open()
    const folder = `test/${aName('folder')}`
    onTestFinished(async () => {
      for (const { key } of await store.list(`${folder}/`)) await store.delete(key)
      await store.close()
    })
    return { store, key: `${folder}/key`, folder }
  }

  describe('reading and writing', () => {
    it.each([
      ['plain', 'value'],
      ['empty', ''],
      ['of many alphabets', 'ü 漢字 👩‍👩‍👧 \u0000 "\\'],
      ['of the largest size', 'x'.repeat(VALUE_LIMIT_BYTES)],
    ])('keeps a value that is %s', async (_, value) => {
      const { store, key } = await withStore()
      await store.set(key, value)
      expect((await store.get(key))?.value === value).toBe(true)
    })

    it('answers nothing for a key that is not there', async () => {
      const { store, key } = await withStore()
      expect(await store.get(key)).toBeUndefined()
      await store.delete(key)
    })

    it('has a larger version after each change, also over a deletion', async () => {
      const { store, key } = await withStore()
      const versions: number[] = []
      for (const value of ['a', 'b', 'c']) {
        await store.set(key, value)
        versions.push((await store.get(key))?.version ?? 0)
        if (value === 'b') await store.delete(key)
      }
      expect(versions).toEqual([...versions].sort((a, b) => a - b))
      expect(new Set(versions).size).toBe(3)
    })

    it('lists what begins with a text, sorted by key', async () => {
      const { store, folder } = await withStore()
      for (const name of ['b', 'a/2', 'a/1', 'ab']) await store.set(`${folder}/${name}`, name)
      const under = async (prefix: string) =>
        (await store.list(`${folder}/${prefix}`)).map(({ value }) => value)
      expect(await under('')).toEqual(['a/1', 'a/2', 'ab', 'b'])
      expect(await under('a')).toEqual(['a/1', 'a/2', 'ab'])
      expect(await under('a/')).toEqual(['a/1', 'a/2'])
      expect(await under('zz')).toEqual([])
    })

    it.each(['', '/a', 'a/', 'a//b', 'a/../b', 'a b', '.locks/x', 'a?b', 'ü', 'k'.repeat(513)])(
      "refuses '%s' as a key",
      async (key) => {
        const { store } = await withStore()
        const wrong = { kind: 'InvalidInput' }
        await expect(store.set(key, '')).rejects.toMatchObject(wrong)
        await expect(store.get(key)).rejects.toMatchObject(wrong)
        await expect(store.delete(key)).rejects.toMatchObject(wrong)
      },
    )

    it('refuses a value that is too large or no text', async () => {
      const { store, key } = await withStore()
      await expect(store.set(key, `é${'x'.repeat(VALUE_LIMIT_BYTES - 1)}`)).rejects.toMatchObject({
        kind: 'TooLarge',
      })
      await expect(store.create(key, '\ud800')).rejects.toMatchObject({ kind: 'InvalidInput' })
      expect(await store.get(key)).toBeUndefined()
    })
  })

  describe('writing on a condition', () => {
    it('lets one of twenty create a key', async () => {
      const { store, key } = await withStore()
      const tries = Array.from({ length: 20 }, (_, nr) => store.create(key, String(nr)))
      const outcomes = await Promise.all(tries)
      expect(outcomes.filter(Boolean)).toEqual([true])
      expect((await store.get(key))?.value).toBe(String(outcomes.indexOf(true)))
    })

    it('loses none of a hundred increments by ten writers', async () => {
      const { store, key } = await withStore()
      await store.set(key, '0')
      const increment = async (): Promise<void> => {
        const entry = await store.get(key)
        const next = String(Number(entry?.value) + 1)
        if (!(await store.replace(key, next, entry?.version ?? 0))) await increment()
      }
      const writer = async () => {
        for (let nr = 0; nr < 10; nr++) await increment()
      }
      await Promise.all(Array.from({ length: 10 }, writer))
      expect((await store.get(key))?.value).toBe('100')
    })

    it('changes nothing for whoever knows another version', async () => {
      const { store, key } = await withStore()
      await store.set(key, 'first')
      const first = (await store.get(key))?.version ?? 0
      await store.set(key, 'second')
      expect(await store.replace(key, 'third', first)).toBe(false)
      expect(await store.remove(key, first)).toBe(false)
      expect(await store.replace(key, 'third', 0)).toBe(false)
      expect(await store.remove(key, 0)).toBe(false)
      expect(await store.create(key, 'third')).toBe(false)
      expect((await store.get(key))?.value).toBe('second')
    })

    it('takes a version of before a deletion for another one', async () => {
      const { store, key } = await withStore()
      await store.set(key, 'same')
      const before = (await store.get(key))?.version ?? 0
      expect(await store.remove(key, before)).toBe(true)
      expect(await store.replace(key, 'x', before)).toBe(false)
      expect(await store.get(key)).toBeUndefined()
      expect(await store.create(key, 'same')).toBe(true)
      expect(await store.replace(key, 'x', before)).toBe(false)
    })
  })

  describe('watching', () => {
    it('tells the entries under a text now, and after each change', async () => {
      const { store, folder } = await withStore()
      const watch = follow((signal) => store.watch(`${folder}/`, signal))
      const values = () => watch.current()?.map(({ key, value }) => [key, value])
      await expect.poll(values, SOON).toEqual([])
      await store.set(`${folder}/a`, '1')
      await expect.poll(values, SOON).toEqual([[`${folder}/a`, '1']])
      await store.set(`${folder}/a`, '2')
      await expect.poll(values, SOON).toEqual([[`${folder}/a`, '2']])
      await store.set(`${folder}-beside`, 'x')
      await store.delete(`${folder}/a`)
      await expect.poll(values, SOON).toEqual([])
      await store.delete(`${folder}-beside`)
    })

    it('ends at once when it is stopped while nothing happens', async () => {
      const { store, folder } = await withStore()
      const watch = follow((signal) => store.watch(folder, signal))
      await expect.poll(() => watch.told.length, SOON).toBe(1)
      await pause(100)
      const stoppedAt = performance.now()
      watch.stop()
      await watch.ended
      expect(performance.now() - stoppedAt).toBeLessThan(100)
    })
  })
}
