import {
  type KeyPart,
  keyPrefixes,
  parseBreakers,
  parseLearned,
  parseRules,
  serviceOfKey,
} from '#shared/domain/catalog/key-parts.ts'
import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { ListedInstance } from '#shared/domain/discovery/instance.ts'
import type { KeyValueEntry } from '#shared/ports/key-value.ts'

/** All services as they were seen last. */
export type Picture = Readonly<{
  /** The services that have instances: others have none any more. */
  setNames(names: readonly string[]): void
  setInstances(service: string, instances: readonly ListedInstance[]): void
  /** All entries under a part's prefix. */
  setPart(part: KeyPart, entries: readonly KeyValueEntry[]): void
  instancesOf(service: string): readonly ListedInstance[]
  /** Whether everything was seen at least once. */
  isComplete(): boolean
  /** What to publish. A service's object stays the same until something about it changes. */
  catalogs(): readonly ServiceCatalog[]
  /** The services whose instances are others than when this was asked last. */
  takeChanged(): readonly string[]
}>

type Entries = ReadonlyMap<string, readonly KeyValueEntry[]>

const PARTS = Object.keys(keyPrefixes) as readonly KeyPart[]

export function picture(): Picture {
  let names: ReadonlySet<string> | undefined
  const instances = new Map<string, readonly ListedInstance[]>()
  const parts = new Map<KeyPart, Entries>()
  const assembled = new Map<string, ServiceCatalog>()
  const changed = new Set<string>()

  const textsOf = (part: KeyPart, service: string) =>
    (parts.get(part)?.get(service) ?? []).map(({ value }) => value)

  function assemble(service: string): ServiceCatalog {
    const known = assembled.get(service)
    if (known) return known
    const [text] = textsOf('rules', service)
    const rules = text === undefined ? undefined : parseRules(text)
    const [learned] = textsOf('learned', service)
    const catalog = {
      service,
      instances: instances.get(service) ?? [],
      ...(rules ? { rules } : {}),
      breakers: parseBreakers(textsOf('breakers', service)),
      learned: learned === undefined ? [] : parseLearned(learned),
    }
    assembled.set(service, catalog)
    return catalog
  }

  function forget(service: string): void {
    assembled.delete(service)
  }

  return {
    setNames(next) {
      names = new Set(next)
      for (const service of [...instances.keys()]) {
        if (names.has(service)) continue
        instances.delete(service)
        changed.add(service)
        forget(service)
      }
    },
    setInstances(service, found) {
      // One that was read while it went away.
      if (!names?.has(service)) return
      instances.set(service, found)
      changed.add(service)
      forget(service)
    },
    setPart(part, entries) {
      const before = parts.get(part) ?? new Map()
      const next = Map.groupBy(entries, ({ key }) => serviceOfKey(key))
      parts.set(part, next)
      for (const service of new Set([...before.keys(), ...next.keys()])) {
        if (versions(before.get(service)) !== versions(next.get(service))) forget(service)
      }
    },
    instancesOf: (service) => instances.get(service) ?? [],
    isComplete: () =>
      names !== undefined &&
      parts.size === PARTS.length &&
      [...names].every((service) => instances.has(service)),
    catalogs() {
      // One that has rules is known, though none of its instances is there.
      const known = new Set([...(names ?? []), ...(parts.get('rules')?.keys() ?? [])])
      for (const service of assembled.keys()) if (!known.has(service)) forget(service)
      return [...known].sort().map(assemble)
    },
    takeChanged() {
      const taken = [...changed]
      changed.clear()
      return taken
    },
  }
}

function versions(entries: readonly KeyValueEntry[] = []): string {
  return entries.map(({ key, version }) => `${key}@${version}`).join(' ')
}
