import type { ServiceStamps } from '../../domain/discovery/service-stamps.ts'
import type { Watched } from '../../ports/watching.ts'
import { blockingQuery } from './blocking-query.ts'
import type { ConsulCall, ConsulConnection } from './connection.ts'

/** A check as `/v1/health/state/any` lists it; one of a node has no service. */
type StateCheck = Readonly<{ ServiceName: string; ModifyIndex: number }>

type Checks = Readonly<{ services: ReadonlyMap<string, string>; nodes: string }>
type Names = Readonly<{ names: readonly string[]; index: number }>

const readChecks: ConsulCall<StateCheck[]> = ({ health }, more) =>
  health.state({ ...more, state: 'any' }) as unknown as Promise<StateCheck[]>

/**
 * Watches all services by two blocking queries. Consul tells per check when it changed, and of
 * services only that one of them did: so health and number make the stamps, all else the revision.
 */
export async function* serviceStamps(
  connection: ConsulConnection,
  readNames: ConsulCall<Record<string, unknown>>,
  toNames: (answer: Record<string, unknown> | undefined) => readonly string[],
  stop: AbortSignal,
): AsyncGenerator<Watched<ServiceStamps>, void, undefined> {
  const leaving = new AbortController()
  const signal = AbortSignal.any([stop, connection.closed, leaving.signal])
  let checks: Watched<Checks> | undefined
  let names: Watched<Names> | undefined
  let nodes: string | undefined
  let nodeChanges = 0
  let wake: () => void = () => undefined
  let isNews = false
  const news = () => {
    isNews = true
    wake()
  }

  async function follow<T>(watching: AsyncIterable<Watched<T>>, take: (seen: Watched<T>) => void) {
    for await (const seen of watching) {
      take(seen)
      news()
    }
  }
  const decodeNames = (answer: Record<string, unknown> | undefined, index: number) => ({
    names: toNames(answer),
    index,
  })
  const following = [
    follow(blockingQuery(connection, readChecks, toChecks, signal), (seen) => {
      checks = seen
    }),
    follow(blockingQuery(connection, readNames, decodeNames, signal), (seen) => {
      names = seen
    }),
  ]
  signal.addEventListener('abort', news)

  let told: Watched<ServiceStamps>['state'] | undefined
  try {
    while (!signal.aborted) {
      if (!isNews) await new Promise<void>((done) => (wake = done))
      isNews = false
      const [one, other] = [checks, names]
      if (signal.aborted || !one || !other) continue
      if (one.state === 'interrupted' || other.state === 'interrupted') {
        const reason = one.state === 'interrupted' ? one.reason : reasonOf(other)
        if (told !== 'interrupted') yield { state: 'interrupted', reason }
        told = 'interrupted'
        continue
      }
      if (nodes !== undefined && nodes !== one.value.nodes) nodeChanges += 1
      nodes = one.value.nodes
      told = 'current'
      yield {
        state: 'current',
        index: Math.max(one.index, other.index),
        value: {
          stamps: new Map(
            other.value.names.map((name) => [name, one.value.services.get(name) ?? '']),
          ),
          revision: other.value.index + nodeChanges,
        },
      }
    }
  } finally {
    leaving.abort()
    await Promise.all(following)
  }
}

function reasonOf(seen: Watched<unknown>): string {
  return seen.state === 'interrupted' ? seen.reason : ''
}

/** How many checks each service has and when one of them changed last, and the same of all nodes. */
function toChecks(checks: readonly StateCheck[] = []): Checks {
  const found = new Map<string, { count: number; latest: number }>()
  for (const { ServiceName, ModifyIndex } of checks) {
    const one = found.get(ServiceName)
    if (one) {
      one.count += 1
      one.latest = Math.max(one.latest, ModifyIndex)
    } else found.set(ServiceName, { count: 1, latest: ModifyIndex })
  }
  const services = new Map(
    [...found].map(([name, { count, latest }]) => [name, `${count}.${latest}`]),
  )
  const nodes = services.get('') ?? ''
  services.delete('')
  return { services, nodes }
}
