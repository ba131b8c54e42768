import { describe, expect, it, onTestFinished } from 'vitest'
import type { LockTerms } from '#shared/domain/discovery/lock-terms.ts'
import type { Locks } from '#shared/ports/locks.ts'
import { aName } from '#test/support/discovery.ts'

/** Locks of one place, as several processes see them. */
export type LocksUnderTest = Readonly<{
  /** One more process. */
  open(): Promise<Locks>
  /** Takes a lock from whoever holds it, as an operator can. */
  takeAway(name: string): Promise<void>
  /** Lets time pass. */
  elapse(ms: number): Promise<void>
}>

const terms: LockTerms = { ttlMs: 10_000, lockDelayMs: 0 }
const SOON = { timeout: 5_000, interval: 20 }

/** What all locks must do, whatever they are made of. */
export function locksContract(start: () => Promise<LocksUnderTest>) {
  async function withLocks() {
    const place = await start()
    return {
      ...place,
      name: aName('lock'),
      async process() {
        const locks = await place.open()
        onTestFinished(() => locks.close())
        return locks
      },
    }
  }

  it('gives a lock to one of ten who want it', async () => {
    const { process, name } = await withLocks()
    const all = await Promise.all(Array.from({ length: 10 }, process))
    const taken = await Promise.all(all.map((locks) => locks.tryAcquire(name, terms)))
    const held = taken.filter((lock) => lock !== undefined)
    expect(held).toHaveLength(1)
    expect(held[0]?.name).toBe(name)
    await held[0]?.release()
  })

  it('does not give a lock to its own holder a second time', async () => {
    const { process, name } = await withLocks()
    const locks = await process()
    const held = await locks.tryAcquire(name, terms)
    expect(await locks.tryAcquire(name, terms)).toBeUndefined()
    const other = await locks.tryAcquire(`${name}/other`, terms)
    expect(other).toBeDefined()
    await other?.release()
    await held?.release()
  })

  it('passes a released lock on at once, with a larger token each time', async () => {
    const { process, name } = await withLocks()
    const [first, second] = [await process(), await process()]
    const tokens: number[] = []
    for (let nr = 0; nr < 6; nr++) {
      const held = await (nr % 2 ? first : second).tryAcquire(name, {
        ...{ ...terms, lockDelayMs: 60_000 },
      })
      tokens.push(held?.token ?? 0)
      await held?.release()
      await held?.release()
      expect(held?.lost.aborted).toBe(false)
    }
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b))
    expect(new Set(tokens).size).toBe(6)
  })

  it('hands a lock to those who wait, one after another', async () => {
    const { process, name } = await withLocks()
    const all = await Promise.all(Array.from({ length: 5 }, process))
    let inside = 0
    let most = 0
    const tokens: number[] = []
    await Promise.all(
      all.map(async (locks) => {
        const held = await locks.acquire(name, terms, new AbortController().signal)
        inside += 1
        most = Math.max(most, inside)
        tokens.push(held?.token ?? 0)
        await held?.renew()
        inside -= 1
        await held?.release()
      }),
    )
    expect(most).toBe(1)
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b))
    expect(new Set(tokens).size).toBe(5)
  })

  it('stops waiting when it is told to', async () => {
    const { process, name } = await withLocks()
    const locks = await process()
    const held = await locks.tryAcquire(name, terms)
    const stop = new AbortController()
    const waiting = locks.acquire(name, terms, stop.signal)
    stop.abort()
    expect(await waiting).toBeUndefined()
    await held?.release()
  })

  it('tells a holder that its lock was taken away, and refuses to renew it', async () => {
    const { process, name, takeAway } = await withLocks()
    const locks = await process()
    const held = await locks.tryAcquire(name, terms)
    await held?.renew()
    await takeAway(name)
    await expect.poll(() => held?.lost.aborted, SOON).toBe(true)
    expect(held?.lost.reason).toMatchObject({ kind: 'Conflict' })
    await expect(held?.renew()).rejects.toMatchObject({ kind: 'Conflict' })
    await held?.release()
  })

  it('waits for the delay before it gives a lost lock to another', async () => {
    const { process, name, takeAway, elapse } = await withLocks()
    const [first, second] = [await process(), await process()]
    const held = await first.tryAcquire(name, { ...terms, lockDelayMs: 1_500 })
    await takeAway(name)
    expect(await second.tryAcquire(name, terms)).toBeUndefined()
    await elapse(1_800)
    const next = await second.tryAcquire(name, terms)
    expect(next?.token).toBeGreaterThan(held?.token ?? Number.NaN)
    await next?.release()
  })

  it('keeps a lock for much longer than its TTL while its holder lives', async () => {
    const { process, name, elapse } = await withLocks()
    const [first, second] = [await process(), await process()]
    const held = await first.tryAcquire(name, terms)
    await elapse(25_000)
    expect(held?.lost.aborted).toBe(false)
    expect(await second.tryAcquire(name, terms)).toBeUndefined()
    await held?.release()
  })

  it('gives the lock of a holder that is gone to another within twice its TTL', async () => {
    const { process, open, name, elapse } = await withLocks()
    const [gone, second] = [await open(), await process()]
    const held = await gone.tryAcquire(name, terms)
    await gone.close()
    expect(held?.lost.aborted).toBe(true)
    await elapse(5_000)
    expect(await second.tryAcquire(name, terms)).toBeUndefined()
    await elapse(2 * terms.ttlMs - 4_000)
    const next = await second.tryAcquire(name, terms)
    expect(next?.token).toBeGreaterThan(held?.token ?? Number.NaN)
    await next?.release()
  })

  describe('asked for what it can not hold', () => {
    it.each([
      { what: 'a name that is none', name: 'a//b', changes: {} },
      { what: 'a TTL below 10 s', name: 'a', changes: { ttlMs: 9_999 } },
      { what: 'a delay above a minute', name: 'a', changes: { lockDelayMs: 60_001 } },
    ])('refuses $what', async ({ name, changes }) => {
      const { process } = await withLocks()
      const locks = await process()
      const wrong = { ...terms, ...changes }
      await expect(locks.tryAcquire(name, wrong)).rejects.toMatchObject({ kind: 'InvalidInput' })
      const never = new AbortController().signal
      await expect(locks.acquire(name, wrong, never)).rejects.toMatchObject({
        kind: 'InvalidInput',
      })
    })
  })
}
