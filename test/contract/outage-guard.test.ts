import { expect, it, vi } from 'vitest'
import { outageGuard } from '#shared/adapters/breakers/outage-guard.ts'
import { memoryKeyValue } from '#shared/adapters/memory/key-value.ts'
import { Failure } from '#shared/errors.ts'

/** A store that a test can take away, and that answers when the test lets it. */
function aStore() {
  const asked = vi.fn()
  let mode: 'well' | 'away' | 'hangs' = 'well'
  let release = () => {}
  const port = {
    async get(key: string) {
      asked(key)
      if (mode === 'hangs') await new Promise<void>((done) => (release = done))
      if (mode === 'away') throw new Failure('Unavailable', 'away')
      return key
    },
    async refuse() {
      throw new Failure('NotFound', 'no')
    },
    watch: () => 'a stream',
    close: async () => 'closed',
  }
  return {
    asked,
    port,
    be: (next: typeof mode) => {
      mode = next
    },
    release: () => release(),
  }
}

const kindOf = (call: Promise<unknown>) =>
  call.then(
    () => 'answered',
    (error: Failure) => error.message,
  )

async function down() {
  const store = aStore()
  const guarded = outageGuard({ name: 'the store' })(store.port)
  store.be('away')
  for (let n = 0; n < 3; n++) await kindOf(guarded.get('a'))
  return { store, guarded }
}

it('hands on what is answered and what is refused, as it is', async () => {
  const guarded = outageGuard({ name: 'x' })(memoryKeyValue())
  await guarded.set('a', '1')
  expect((await guarded.get('a'))?.value).toBe('1')
  await expect(guarded.get('//')).rejects.toMatchObject({ kind: 'InvalidInput' })
})

it('asks the place for every caller until it was away three times in a row', async () => {
  const store = aStore()
  const guarded = outageGuard({ name: 'the store' })(store.port)
  store.be('away')
  await kindOf(guarded.get('a'))
  await kindOf(guarded.get('a'))
  store.be('well')
  await guarded.get('a')
  store.be('away')
  await kindOf(guarded.get('a'))
  await kindOf(guarded.get('a'))
  store.be('hangs')
  const both = [guarded.get('b'), guarded.get('b')]
  expect(store.asked).toHaveBeenCalledTimes(7)
  store.release()
  await Promise.race(both)
})

it('asks for one caller at a time while it is away, and fails the others at once', async () => {
  const { store, guarded } = await down()
  store.be('hangs')
  const trial = kindOf(guarded.get('trial'))
  const others = await Promise.all([guarded.get('b'), guarded.get('c')].map(kindOf))
  expect(others).toEqual(Array(2).fill('the store was away a moment ago, and is being tried.'))
  expect(store.asked).toHaveBeenCalledTimes(4)
  store.be('away')
  store.release()
  expect(await trial).toBe('away')
  expect(await kindOf(guarded.get('next'))).toBe('away')
})

it('goes on for everyone with the first answer', async () => {
  const { store, guarded } = await down()
  store.be('well')
  expect(await guarded.get('a')).toBe('a')
  expect(await Promise.all([guarded.get('b'), guarded.get('c')])).toEqual(['b', 'c'])
})

it('takes a refusal for a sign of life', async () => {
  const { store, guarded } = await down()
  store.be('well')
  await kindOf(guarded.refuse())
  expect(await Promise.all([guarded.get('b'), guarded.get('c')])).toEqual(['b', 'c'])
})

it('shares what it found out between ports, and lets streams and closing pass', async () => {
  const store = aStore()
  const guard = outageGuard({ name: 'the store' })
  const [one, other] = [guard(store.port), guard(store.port)]
  store.be('away')
  for (let n = 0; n < 3; n++) await kindOf(one.get('a'))
  store.be('hangs')
  const trial = one.get('a')
  expect(await kindOf(other.get('b'))).toContain('is being tried')
  expect(other.watch()).toBe('a stream')
  expect(await other.close()).toBe('closed')
  store.release()
  await trial
})
