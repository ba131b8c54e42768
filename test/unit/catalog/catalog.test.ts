import { describe, expect, it, onTestFinished } from 'vitest'
import { s3DocumentPlace } from '#shared/adapters/aws/document-place.ts'
import { catalogPublisher } from '#shared/adapters/catalog/publisher.ts'
import { catalogReader, type ReaderOptions } from '#shared/adapters/catalog/reader.ts'
import type { CatalogEntry } from '#shared/ports/catalog.ts'
import { aCatalog } from '#test/support/catalogs.ts'
import { ObjectsInMemory } from '#test/support/objects-in-memory.ts'

/** A publisher and a reader on one place, with a clock; `elapse` looks as the reader's own timer would. */
function aPlace(options: Partial<ReaderOptions> = {}) {
  const client = new ObjectsInMemory({})
  const place = s3DocumentPlace('s3://bucket/catalog/', client)
  const clock = { nowMs: 1_000_000 }
  const now = () => clock.nowMs
  const reader = catalogReader(Promise.resolve(place), { lookEveryMs: 5, now, ...options })
  onTestFinished(() => reader.close())
  const publisher = catalogPublisher(Promise.resolve(place))
  return {
    client,
    place,
    clock,
    reader,
    publisher,
    terms: (token = 1) => ({ token, confirmedAt: clock.nowMs }),
    /** The entry once a look is over that began after now. */
    async after(change: () => void | Promise<void>, service: string) {
      await change()
      clock.nowMs += 31_000
      return reader.find(service)
    },
  }
}

describe('finding a service', () => {
  it('is Unavailable until something is published', async () => {
    const { reader } = aPlace()
    await expect(reader.find('billing')).rejects.toMatchObject({ kind: 'Unavailable' })
  })

  it('answers at once, and with the same object, when it was asked for before', async () => {
    const { reader, publisher, terms } = aPlace()
    await publisher.publish([aCatalog('billing'), aCatalog('constructor')], terms())
    const first = await reader.find('billing')
    expect(first).toEqual({ catalog: aCatalog('billing'), stale: false })
    expect(reader.find('billing')).toBe(first)
    expect(reader.find('nobody')).toBeUndefined()
    expect(reader.find('toString')).toBeUndefined()
    expect(await reader.find('constructor')).toMatchObject({ catalog: { service: 'constructor' } })
  })

  it('keeps a service’s object through changes of others, reading what changed alone', async () => {
    const { client, reader, publisher, terms, after } = aPlace()
    const billing = aCatalog('billing')
    await publisher.publish([billing, aCatalog('orders')], terms())
    const first = await reader.find('billing')
    await reader.find('orders')
    await publisher.publish([billing, aCatalog('orders', { instances: [] })], terms())
    client.requests = 0
    const orders = await after(() => undefined, 'orders')
    expect(orders?.catalog.instances).toEqual([])
    expect(client.requests).toBe(2)
    expect((await reader.find('billing'))?.catalog).toBe(first?.catalog)
  })

  it('sees changes beside its answers while it is asked', async () => {
    const { reader, publisher, terms } = aPlace()
    await publisher.publish([aCatalog('billing')], terms())
    await reader.find('billing')
    await publisher.publish([aCatalog('billing', { instances: [] })], terms())
    await expect
      .poll(async () => (await reader.find('billing'))?.catalog.instances.length, { interval: 5 })
      .toBe(0)
    await publisher.publish([], terms())
    await expect.poll(async () => reader.find('billing'), { interval: 5 }).toBeUndefined()
  })

  it('waits for one look after a freeze, a second at most', async () => {
    const { client, clock, reader, publisher, terms } = aPlace()
    await publisher.publish([aCatalog('billing')], terms())
    await reader.find('billing')
    clock.nowMs += 31_000
    await publisher.publish([aCatalog('billing', { instances: [] })], terms())
    expect((await reader.find('billing'))?.catalog.instances).toEqual([])

    clock.nowMs += 31_000
    const send = client.send.bind(client)
    let cutOff: (error: Error) => void = () => undefined
    client.send = (() => new Promise((_, fail) => (cutOff = fail))) as never
    const started = performance.now()
    expect(await reader.find('billing')).toMatchObject({ stale: true })
    expect(performance.now() - started).toBeLessThan(1_500)
    client.send = send
    cutOff(new Error('socket hang up'))
  })

  it('is stale 15 s after the last confirmation and no answer after 10 minutes, until it is back', async () => {
    const { clock, client, reader, publisher, terms } = aPlace()
    const services = [aCatalog('billing')]
    await publisher.publish(services, terms())
    const fresh = (await reader.find('billing')) as CatalogEntry
    clock.nowMs += 15_000
    expect(await reader.find('billing')).toBe(fresh)
    clock.nowMs += 1
    const stale = await reader.find('billing')
    expect(stale).toEqual({ catalog: fresh.catalog, stale: true })
    expect(stale?.catalog).toBe(fresh.catalog)
    client.isDown = true
    clock.nowMs += 584_999
    expect(await reader.find('billing')).toMatchObject({ stale: true })
    clock.nowMs += 1
    await expect(reader.find('billing')).rejects.toMatchObject({ kind: 'Unavailable' })
    client.isDown = false
    await publisher.publish(services, terms())
    await expect
      .poll(async () => Promise.resolve(reader.find('billing')).catch(() => undefined))
      .toMatchObject({ stale: false })
  })

  it('asks the directory for what the snapshot does not have, once for all who ask', async () => {
    let asked = 0
    const { reader, publisher, terms, clock } = aPlace({
      readThrough: async (service) => {
        asked += 1
        return service === 'fresh' ? aCatalog('fresh') : undefined
      },
    })
    await publisher.publish([aCatalog('billing')], terms())
    await reader.find('billing')
    const found = await Promise.all([reader.find('fresh'), reader.find('fresh')])
    expect(found[0]).toMatchObject({ catalog: { service: 'fresh' }, stale: false })
    expect(asked).toBe(1)
    expect(await reader.find('nobody')).toBeUndefined()
    expect(asked).toBe(2)
    clock.nowMs += 700_000
    expect(await reader.find('fresh')).toMatchObject({ stale: false })
    expect(asked).toBe(3)
  })
})

describe('publishing', () => {
  it('writes the index alone when nothing changed', async () => {
    const { client, publisher, terms } = aPlace()
    const services = ['a', 'b', 'c'].map((service) => aCatalog(service))
    await publisher.publish(services, terms())
    client.requests = 0
    await publisher.publish(services, terms())
    expect(client.requests).toBe(1)
    await publisher.publish([...services.slice(1), aCatalog('a', { instances: [] })], terms())
    expect(client.requests).toBe(3)
  })

  it('removes what nobody reads any more after a minute', async () => {
    const { client, clock, publisher, terms } = aPlace()
    const flips = [aCatalog('a'), aCatalog('a', { instances: [] })] as const
    for (const one of [flips[0], flips[1], flips[0], flips[1]]) {
      clock.nowMs += 1_000
      await publisher.publish([one], terms())
    }
    expect(client.objects.size).toBe(3)
    clock.nowMs += 60_000
    await publisher.publish([flips[1]], terms())
    expect(client.objects.size).toBe(2)
  })

  it('refuses who lost the lock, before and after the later one has published', async () => {
    const { place, publisher, terms, reader } = aPlace()
    const later = catalogPublisher(Promise.resolve(place))
    await publisher.publish([aCatalog('old')], terms(1))
    await later.publish([aCatalog('new')], terms(2))
    const refused = { kind: 'Conflict' }
    await expect(publisher.publish([aCatalog('old')], terms(1))).rejects.toMatchObject(refused)
    await expect(publisher.publish([aCatalog('old')], terms(1))).rejects.toMatchObject(refused)
    expect(await reader.find('new')).toBeDefined()
    expect(reader.find('old')).toBeUndefined()
  })

  it('takes over from a later one that is gone: a new Consul counts anew', async () => {
    const { place, publisher, terms, clock, reader } = aPlace()
    await catalogPublisher(Promise.resolve(place)).publish([aCatalog('old')], terms(900))
    clock.nowMs += 60_000
    await publisher.publish([aCatalog('new')], terms(3))
    expect(await reader.find('new')).toBeDefined()
  })

  it('goes on after a write whose answer was lost', async () => {
    const { client, publisher, terms, reader } = aPlace()
    const send = client.send.bind(client)
    await publisher.publish([], terms())
    client.send = (async (command: unknown) => {
      await send(command)
      client.send = send
      throw new Error('socket hang up')
    }) as never
    await expect(publisher.publish([], terms())).rejects.toMatchObject({ kind: 'Unavailable' })
    await publisher.publish([aCatalog('billing')], terms())
    expect(await reader.find('billing')).toBeDefined()
  })
})
