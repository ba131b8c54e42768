import { expect, it, onTestFinished, vi } from 'vitest'
import { breakerSharing } from '#shared/adapters/breakers/breaker-sharing.ts'
import { sweepBreakers } from '#shared/adapters/breakers/sweep-breakers.ts'
import { keyPrefixes, parseBreakers } from '#shared/domain/catalog/key-parts.ts'
import { catalogKeys, type ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import { instanceChooser } from '#shared/domain/resilience/instance-chooser.ts'
import { readSharedBreaker, type SharedBreaker } from '#shared/domain/resilience/shared-breaker.ts'
import { CLOSED_FOR_MS } from '#shared/domain/resilience/sharing.ts'
import { Failure } from '#shared/errors.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import { aName } from '#test/support/discovery.ts'
import { aCatalog, anInstance, finish } from '#test/support/resilience.ts'
import { follow } from '#test/support/watcher.ts'

const SOON = { timeout: 5_000, interval: 10 }
/** What sharing may take. */
const SHARED_WITHIN = { timeout: 1_000, interval: 10 }

/** What sharing must do, whatever the store is made of. */
export function breakerSharingContract(open: () => Promise<KeyValue>) {
  async function withStore() {
    const service = aName('service')
    const keyValue = await open()
    const lines: NewRecord[] = []
    onTestFinished(async () => {
      for (const { key } of await keyValue.list(`${keyPrefixes.breakers}${service}/`)) {
        await keyValue.delete(key)
      }
      await keyValue.close()
    })
    const log = {
      async append(records: readonly NewRecord[]) {
        lines.push(...records)
        return []
      },
    }
    const told = () =>
      lines.map(({ headers, value }) => ({
        id: headers.ce_id,
        type: headers.ce_type,
        data: JSON.parse(Buffer.from(value ?? []).toString()) as Record<string, unknown>,
      }))
    const recordOf = async (instance: string) => {
      const found = await keyValue.get(catalogKeys.breaker(service, instance))
      return found && readSharedBreaker(found.value)
    }

    /** An environment whose catalog follows the store, as the published one does. */
    function environment(store: KeyValue = keyValue) {
      const instances = [anInstance('a', { service }), anInstance('b', { service })]
      let catalog: ServiceCatalog = aCatalog(instances, { service })
      const watch = follow((signal) => keyValue.watch(`${keyPrefixes.breakers}${service}/`, signal))
      const sharing = breakerSharing({ keyValue: store, log, source: 'tool-proxy' })
      onTestFinished(() => sharing.close())
      const chooser = instanceChooser({ random: Math.random, onTransition: sharing.share })
      let seen: unknown
      function choose(instance: string, nowMs = Date.now()) {
        const entries = watch.current()
        if (entries && entries !== seen) {
          seen = entries
          catalog = { ...catalog, breakers: parseBreakers(entries.map(({ value }) => value)) }
        }
        const candidates = instances.filter(({ id }) => id === instance)
        return chooser.choose(catalog, { nowMs, candidates, repeatable: true })
      }
      const fail = (instance: string, times: number) => {
        for (let n = 0; n < times; n++) finish(choose(instance), 'fault', Date.now())
      }
      return { choose, fail, sharing, isFollowing: () => watch.current() !== undefined }
    }

    async function environments(count: number) {
      const all = Array.from({ length: count }, () => environment())
      await vi.waitFor(() => expect(all.every((one) => one.isFollowing())).toBe(true), SOON)
      return all
    }
    return { service, keyValue, told, recordOf, environment, environments, log }
  }

  it('opens in every environment within a second of the fifth failure in one', async () => {
    const { service, environments, told, recordOf } = await withStore()
    const [one, other] = await environments(2)
    one?.fail('a', 5)
    await vi.waitFor(() => expect(other?.choose('a').type).toBe('refused'), SHARED_WITHIN)
    expect(other?.choose('b').type).toBe('chosen')
    await one?.sharing.settled(5_000)
    expect(await recordOf('a')).toMatchObject({ state: 'open', reason: '5 faults in a row' })
    expect(told()).toMatchObject([
      {
        type: 'services.health.breaker_opened',
        data: { service, instance: 'a', state: 'open', shared: true },
      },
    ])
  })

  it('shares that a service as a whole is down', async () => {
    const { service, environments, recordOf } = await withStore()
    const [one, other] = await environments(2)
    for (let n = 0; n < 5; n++) one?.fail(n % 2 ? 'a' : 'b', 1)
    await vi.waitFor(() => expect(other?.choose('b').type).toBe('refused'), SHARED_WITHIN)
    expect(other?.choose('a')).toMatchObject({ refusal: 'circuit-open' })
    expect(await recordOf('*')).toMatchObject({ service, instance: '*', state: 'open' })
  })

  it('tells the log of an instance whose id is no key', async () => {
    const { environment, service, told } = await withStore()
    const { sharing } = environment()
    const now = Date.now()
    const open = { state: 'open', since: now, retryAt: now + 30_000, reason: 'x' } as const
    sharing.share({ service, instance: 'a/../b c', ...open })
    await sharing.settled(5_000)
    expect(told()).toMatchObject([{ data: { instance: 'a/../b c', shared: false } }])
  })

  it('tells once what many environments find out at the same time', async () => {
    const { environments, told } = await withStore()
    const all = await environments(8)
    for (const one of all) one.fail('a', 5)
    await Promise.all(all.map(({ sharing }) => sharing.settled(5_000)))
    expect(told().map(({ type }) => type)).toEqual(['services.health.breaker_opened'])
  })

  it('closes everywhere when one trial went well', async () => {
    const { environments, told } = await withStore()
    const [one, other] = await environments(2)
    one?.fail('a', 5)
    await vi.waitFor(() => expect(other?.choose('a').type).toBe('refused'), SHARED_WITHIN)
    await one?.sharing.settled(5_000)
    const later = Date.now() + 60_000
    const trial = one?.choose('a', later)
    expect(trial?.type).toBe('chosen')
    if (trial) finish(trial, 'ok', later)
    await vi.waitFor(() => expect(other?.choose('a').type).toBe('chosen'), SHARED_WITHIN)
    await one?.sharing.settled(5_000)
    expect(told().map(({ type }) => type)).toEqual([
      'services.health.breaker_opened',
      'services.health.breaker_half_opened',
      'services.health.breaker_closed',
    ])
  })

  it('goes on alone while the store is away, tells the log, and shares the last state afterwards', async () => {
    const { environment, keyValue, told, recordOf } = await withStore()
    let isAway = true
    const store: KeyValue = {
      ...keyValue,
      get: async (key) => {
        if (isAway) throw new Failure('Unavailable', 'away')
        return keyValue.get(key)
      },
    }
    const one = environment(store)
    one.fail('a', 5)
    expect(one.choose('a').type).toBe('refused')
    await vi.waitFor(() => expect(told()).toHaveLength(1), SOON)
    const later = Date.now() + 60_000
    finish(one.choose('a', later), 'fault', later)
    await vi.waitFor(() => expect(told()).toHaveLength(3), SOON)
    expect(told().every(({ data }) => data.shared === false)).toBe(true)
    expect(await recordOf('a')).toBeUndefined()
    isAway = false
    await one.sharing.settled(10_000)
    expect(await recordOf('a')).toMatchObject({ state: 'open', reason: 'the trial failed' })
    expect(told()).toHaveLength(3)
  })

  it('writes only what is later than what all know', async () => {
    const { service, keyValue, environment, recordOf, told } = await withStore()
    const reset: SharedBreaker = {
      ...{ service, instance: 'a', state: 'closed', retryAt: 0, reason: 'reset' },
      since: Date.now() + 60_000,
    }
    await keyValue.set(catalogKeys.breaker(service, 'a'), JSON.stringify(reset))
    const { sharing } = environment()
    sharing.share({ ...reset, state: 'open', since: Date.now(), retryAt: Date.now() + 30_000 })
    await sharing.settled(5_000)
    expect(await recordOf('a')).toEqual(reset)
    expect(told()).toEqual([])
  })

  it('deletes what nobody needs any more', async () => {
    const { service, keyValue, recordOf } = await withStore()
    const now = Date.now()
    const put = (instance: string, told: Partial<SharedBreaker>) =>
      keyValue.set(
        catalogKeys.breaker(service, instance),
        JSON.stringify({ service, instance, reason: '', retryAt: 0, ...told }),
      )
    await put('closed', { state: 'closed', since: now })
    await put('closed-long', { state: 'closed', since: now - CLOSED_FOR_MS - 1 })
    await put('open', { state: 'open', since: now - 3_700_000, retryAt: now - 3_500_000 })
    await put('open-long', { state: 'open', since: now - 7_200_000, retryAt: now - 7_100_000 })
    await keyValue.set(catalogKeys.breaker(service, 'nonsense'), '{')
    expect(await sweepBreakers(keyValue, now)).toBe(3)
    expect(await recordOf('closed')).toBeDefined()
    expect(await recordOf('open')).toBeDefined()
    expect(await recordOf('closed-long')).toBeUndefined()
  })
}
