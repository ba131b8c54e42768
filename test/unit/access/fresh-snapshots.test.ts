import { expect, it } from 'vitest'
import { freshSnapshots } from '#shared/adapters/access-snapshots.ts'
import { Failure } from '#shared/errors.ts'
import type { SnapshotPlace } from '#shared/ports/snapshot-place.ts'

/** A place in memory, with a clock, that can go away. */
function aPlace() {
  const state = { version: 1, nowMs: 1_000_000, isDown: false, reads: 0 }
  const place: SnapshotPlace = {
    async read(tag) {
      state.reads += 1
      if (state.isDown) throw new Failure('Unavailable', 'down')
      if (tag === String(state.version)) return undefined
      return {
        tag: String(state.version),
        snapshot: { version: state.version, keys: [], sources: [] },
      }
    },
    publish: async () => undefined,
  }
  const options = { lookAgainMs: 500, waitAfterMs: 3_000, nowMs: () => state.nowMs }
  return { state, snapshots: freshSnapshots(Promise.resolve(place), options) }
}

it('looks once for all who ask at first', async () => {
  const { state, snapshots } = aPlace()
  const found = await Promise.all([snapshots.current(), snapshots.current(), snapshots.current()])
  expect(found.map(({ version }) => version)).toEqual([1, 1, 1])
  expect(state.reads).toBe(1)
})

it('gives the same object while nothing changed, so that what is built on it lasts', async () => {
  const { state, snapshots } = aPlace()
  const first = await snapshots.current()
  for (let i = 0; i < 10; i++) {
    state.nowMs += 4_000
    expect(await snapshots.current()).toBe(first)
  }
})

it('does not look again for half a second', async () => {
  const { state, snapshots } = aPlace()
  await snapshots.current()
  state.nowMs += 499
  await snapshots.current()
  expect(state.reads).toBe(1)
})

it('looks again beside its answer, and has what changed for the next', async () => {
  const { state, snapshots } = aPlace()
  await snapshots.current()
  state.version = 2
  state.nowMs += 600
  expect((await snapshots.current()).version).toBe(1)
  await new Promise(setImmediate)
  expect((await snapshots.current()).version).toBe(2)
})

it.each([3_001, 4_999, 60_000])('waits for the look after %i ms of silence', async (silence) => {
  const { state, snapshots } = aPlace()
  await snapshots.current()
  state.version = 2
  state.nowMs += silence
  expect((await snapshots.current()).version).toBe(2)
})

it('goes on with the last while it is at most 5 s old, then refuses, then recovers', async () => {
  const { state, snapshots } = aPlace()
  await snapshots.current()
  state.isDown = true
  state.nowMs += 5_000
  expect((await snapshots.current()).version).toBe(1)
  state.nowMs += 1
  await expect(snapshots.current()).rejects.toMatchObject({ kind: 'Unavailable' })
  state.isDown = false
  expect((await snapshots.current()).version).toBe(1)
})

it('does not trust an age that a clock put back makes negative', async () => {
  const { state, snapshots } = aPlace()
  await snapshots.current()
  state.version = 2
  state.nowMs -= 60_000
  expect((await snapshots.current()).version).toBe(2)
})
