import { findRefProblems } from '#shared/domain/discovery/instance-problems.ts'
import type { Directory } from '#shared/ports/directory.ts'
import type { Picture } from './picture.ts'
import type { Sight } from './sight.ts'

type Parts = Readonly<{ directory: Directory; picture: Picture; sight: Sight }>

/** Names that no call can name are nobody's to find: other tools of a Consul register them. */
export const isCallable = (service: string) => findRefProblems({ service, id: 'any' }).length === 0

/** Watches the names of services, and each service: for directories whose watches cost no connection. */
export async function followEach(
  { directory, picture, sight }: Parts,
  signal: AbortSignal,
): Promise<void> {
  const followed = new Map<string, AbortController>()
  const failing = new AbortController()
  const stop = AbortSignal.any([signal, failing.signal])
  let failed: { error: unknown } | undefined

  function followOne(service: string): void {
    const leaving = new AbortController()
    followed.set(service, leaving)
    const until = AbortSignal.any([stop, leaving.signal])
    const take = (instances: Parameters<Picture['setInstances']>[1]) =>
      picture.setInstances(service, instances)
    sight.follow(service, directory.watchInstances(service, until), take).catch((error) => {
      failed ??= { error }
      failing.abort()
    })
  }

  await sight.follow('services', directory.watchServices(stop), (names) => {
    const callable = names.filter(isCallable)
    picture.setNames(callable)
    const isThere = new Set(callable)
    for (const [service, leaving] of followed) {
      if (isThere.has(service)) continue
      leaving.abort()
      followed.delete(service)
    }
    for (const service of callable) if (!followed.has(service)) followOne(service)
  })
  if (failed) throw failed.error
}
