import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { ListedInstance } from '#shared/domain/discovery/instance.ts'
import type { Choice } from '#shared/domain/resilience/instance-choice.ts'
import type { Verdict } from '#shared/domain/resilience/verdict.ts'

/** A healthy instance of `invoices`. */
export function anInstance(
  id: string,
  { zone, ...told }: Partial<ListedInstance> & { zone?: string } = {},
): ListedInstance {
  return {
    ...{ service: 'invoices', id, address: '127.0.0.1', port: 8_000, version: '1.0.0' },
    ...{ protocol: 'http', capabilities: [], tags: [], health: 'passing', reason: '' },
    meta: zone === undefined ? {} : { zone },
    ...told,
  }
}

/** So many instances, `i0` and so on. */
export const someInstances = (count: number): readonly ListedInstance[] =>
  Array.from({ length: count }, (_, nr) => anInstance(`i${nr}`))

export const aCatalog = (
  instances: readonly ListedInstance[],
  told: Partial<ServiceCatalog> = {},
): ServiceCatalog => ({ service: 'invoices', instances, breakers: [], learned: [], ...told })

/** Random numbers that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Chosen = Extract<Choice, { type: 'chosen' }>

/** A choice that was made. @throws when it was refused */
export function chosen(choice: Choice): Chosen {
  if (choice.type === 'refused') throw new Error(`refused: ${choice.refusal}, ${choice.why}`)
  return choice
}

/** Ends a call of that choice; answers the instance's id. */
export function finish(choice: Choice, verdict: Verdict, nowMs: number, latencyMs = 5): string {
  const { instance, ended } = chosen(choice)
  ended({ nowMs: nowMs + latencyMs, latencyMs, verdict })
  return instance.id
}
