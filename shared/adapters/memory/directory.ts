import type {
  Condition,
  InstanceRef,
  ListedInstance,
  Registration,
} from '../../domain/discovery/instance.ts'
import {
  findInstanceProblems,
  findRefProblems,
  type InputProblem,
} from '../../domain/discovery/instance-problems.ts'
import { Failure } from '../../errors.ts'
import type { Directory } from '../../ports/directory.ts'
import { type RunningCheck, startCheck } from './health-check.ts'
import { changes } from './watching.ts'

type Entry = {
  registration: Registration
  condition: Condition
  note: string
  /** Why it is out of service; undefined while it is in. */
  maintenance: string | undefined
  check: RunningCheck
  removal: NodeJS.Timeout | undefined
}

/** A directory in memory, for tests; it checks instances as a real one does. */
export function memoryDirectory(): Directory {
  const entries = new Map<string, Entry>()
  const changed = changes()

  function find(ref: InstanceRef): Entry {
    accept(findRefProblems(ref))
    const entry = entries.get(nameOf(ref))
    if (!entry) throw new Failure('NotFound', `no instance ${nameOf(ref)} is registered`)
    return entry
  }

  function remove(ref: InstanceRef): void {
    const entry = entries.get(nameOf(ref))
    entry?.check.stop()
    clearTimeout(entry?.removal)
    if (entries.delete(nameOf(ref))) changed.next()
  }

  function report(entry: Entry, condition: Condition, note: string): void {
    entry.condition = condition
    entry.note = note
    const { removeAfterMs } = entry.registration.check
    if (condition !== 'critical') {
      clearTimeout(entry.removal)
      entry.removal = undefined
    } else if (removeAfterMs !== undefined) {
      entry.removal ??= setTimeout(() => remove(entry.registration), removeAfterMs)
    }
    changed.next()
  }

  function setMaintenance(ref: InstanceRef, reason: string | undefined): void {
    find(ref).maintenance = reason
    changed.next()
  }

  const readAll = (service: string) => () =>
    [...entries.values()]
      .filter(({ registration }) => registration.service === service)
      .map(toListed)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  const readServices = () =>
    [...new Set([...entries.values()].map(({ registration }) => registration.service))].sort()

  return {
    async register(registration) {
      accept(findInstanceProblems(registration))
      const known = entries.get(nameOf(registration))
      known?.check.stop()
      clearTimeout(known?.removal)
      const entry: Entry = {
        registration: structuredClone(registration),
        condition: known?.condition ?? 'critical',
        note: known?.note ?? '',
        maintenance: known?.maintenance,
        check: startCheck(registration, (condition, note) => report(entry, condition, note)),
        removal: undefined,
      }
      entries.set(nameOf(registration), entry)
      const condition = entry.check.heard ? 'passing' : entry.condition
      report(entry, condition, entry.note)
    },

    async renew(ref, condition = 'passing', note = '') {
      const { heard } = find(ref).check
      if (!heard) throw new Failure('NotFound', `${nameOf(ref)} has no TTL check`)
      heard(condition, note)
    },

    async deregister(ref) {
      accept(findRefProblems(ref))
      remove(ref)
    },

    startMaintenance: async (ref, reason) => setMaintenance(ref, reason),
    endMaintenance: async (ref) => setMaintenance(ref, undefined),

    async lookup(service) {
      accept(findRefProblems({ service, id: 'any' }))
      return readAll(service)().filter(({ health }) => health === 'passing')
    },
    async instances(service) {
      accept(findRefProblems({ service, id: 'any' }))
      return readAll(service)()
    },
    services: async () => readServices(),

    watchInstances(service, signal) {
      accept(findRefProblems({ service, id: 'any' }))
      return changed.watch(readAll(service), signal)
    },
    watchServices: (signal) => changed.watch(readServices, signal),

    async close() {
      changed.close()
      for (const { registration } of [...entries.values()]) remove(registration)
    },
  }
}

function nameOf({ service, id }: InstanceRef): string {
  return `${service}:${id}`
}

function toListed({ registration, condition, note, maintenance }: Entry): ListedInstance {
  const { check: _, ...instance } = registration
  if (maintenance !== undefined) return { ...instance, health: 'maintenance', reason: maintenance }
  return { ...instance, health: condition, reason: condition === 'passing' ? '' : note }
}

function accept(errors: readonly InputProblem[]): void {
  if (errors.length === 0) return
  throw new Failure('InvalidInput', 'This can be no entry of the directory.', { errors })
}
