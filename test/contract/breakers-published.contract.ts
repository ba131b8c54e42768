import { expect, it, onTestFinished } from 'vitest'
import type { WatcherParts } from '#functions/service-watcher/service-watcher.ts'
import { breakerSharing } from '#shared/adapters/breakers/breaker-sharing.ts'
import { catalogKeys, type ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import { instanceChooser } from '#shared/domain/resilience/instance-chooser.ts'
import { aName, aRegistration } from '#test/support/discovery.ts'
import { finish } from '#test/support/resilience.ts'
import { aWatcher } from '#test/support/watcher-under-test.ts'

const SOON = { timeout: 5_000, interval: 10 }

/** How circuits come from one environment to another: through the store, the watcher and the catalog. */
export function breakersPublishedContract(
  open: () => Promise<Pick<WatcherParts, 'directory' | 'keyValue' | 'locks'>>,
) {
  it('knows within a second, by the published catalog, what another environment found out', async () => {
    const discovery = await open()
    const { directory, keyValue } = discovery
    const service = aName('service')
    const { find, start } = await aWatcher(discovery)
    for (const id of ['a', 'b']) await directory.register(aRegistration({ service, id }))
    onTestFinished(async () => {
      for (const id of ['a', 'b']) await directory.deregister({ service, id })
      await keyValue.delete(catalogKeys.breaker(service, 'a'))
    })
    start()
    const catalog = async (): Promise<ServiceCatalog | undefined> => (await find(service))?.catalog
    await expect.poll(async () => (await catalog())?.instances.length, SOON).toBe(2)

    const log = { append: async () => [] }
    const sharing = breakerSharing({ keyValue, log, source: 'tool-proxy' })
    onTestFinished(() => sharing.close())
    const one = instanceChooser({ random: Math.random, onTransition: sharing.share })
    const other = instanceChooser({ random: Math.random })
    const choose = async (chooser: typeof one) => {
      const known = (await catalog()) as ServiceCatalog
      const candidates = known.instances.filter(({ id }) => id === 'a')
      return chooser.choose(known, { nowMs: Date.now(), candidates })
    }
    for (let n = 0; n < 5; n++) finish(await choose(one), 'fault', Date.now())
    const openedAt = performance.now()
    await expect.poll(async () => (await choose(other)).type, SOON).toBe('refused')
    expect(performance.now() - openedAt).toBeLessThan(1_000)
  })
}
