import { expect, it } from 'vitest'
import { followStamps } from '#functions/service-watcher/follow-stamps.ts'
import { picture } from '#functions/service-watcher/picture.ts'
import { sight } from '#functions/service-watcher/sight.ts'
import type { ServiceStamps } from '#shared/domain/discovery/service-stamps.ts'
import { Failure } from '#shared/errors.ts'
import type { Watched } from '#shared/ports/watching.ts'
import { aListedInstance } from '#test/support/catalogs.ts'

const SOON = { timeout: 4_000, interval: 10 }

/** Stamps that are told when a test says so, and a directory that counts what is read. */
function following(services: readonly string[]) {
  const stamps = new Map(services.map((service) => [service, '1']))
  const reads: string[] = []
  const view = { picture: picture(), sight: sight() }
  const stop = new AbortController()
  const faults = new Set<string>()
  let tell: (seen: Watched<ServiceStamps>) => void = () => undefined
  const watching = new ReadableStream<Watched<ServiceStamps>>({
    start(controller) {
      tell = (seen) => controller.enqueue(seen)
      stop.signal.addEventListener('abort', () => controller.close())
    },
  })
  const directory = {
    async instances(service: string) {
      reads.push(service)
      if (faults.delete(service)) throw new Failure('Unavailable', 'away')
      return [aListedInstance({ service })]
    },
  }
  const ended = followStamps({ directory, stamps: watching, ...view }, stop.signal)
  return {
    ...view,
    stamps,
    faults,
    tell(revision: number) {
      tell({ state: 'current', index: 1, value: { stamps: new Map(stamps), revision } })
    },
    takeReads: () => reads.splice(0),
    reads,
    async end() {
      stop.abort()
      await ended
    },
  }
}

it('reads each service once, then those whose stamp changed, and no name that no call can name', async () => {
  const { stamps, tell, reads, takeReads, end } = following(['a', 'b', 'No_Service'])
  tell(1)
  await expect.poll(() => reads.length, SOON).toBe(2)
  expect(takeReads().sort()).toEqual(['a', 'b'])
  stamps.set('b', '2')
  tell(1)
  await expect.poll(() => reads, SOON).toEqual(['b'])
  await end()
})

it('reads all when something changed that no stamp tells', async () => {
  const { tell, reads, takeReads, end } = following(['a', 'b', 'c'])
  tell(1)
  await expect.poll(() => reads.length, SOON).toBe(3)
  takeReads()
  tell(2)
  await expect.poll(() => [...reads].sort(), SOON).toEqual(['a', 'b', 'c'])
  await end()
})

it('reads again what could not be read', async () => {
  const { tell, faults, picture: seen, end } = following(['a'])
  seen.setPart('rules', [])
  seen.setPart('breakers', [])
  seen.setPart('learned', [])
  faults.add('a')
  tell(1)
  await expect.poll(() => seen.isComplete(), SOON).toBe(true)
  await end()
})
