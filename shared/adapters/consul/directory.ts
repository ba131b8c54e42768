import {
  type ConsulHealthEntry,
  consulCheckId,
  consulServiceId,
  fromConsulEntry,
} from '../../domain/discovery/consul-service.ts'
import type { Condition, InstanceRef, ListedInstance } from '../../domain/discovery/instance.ts'
import {
  findInstanceProblems,
  findRefProblems,
  type InputProblem,
} from '../../domain/discovery/instance-problems.ts'
import { Failure } from '../../errors.ts'
import type { Directory } from '../../ports/directory.ts'
import { blockingQuery } from './blocking-query.ts'
import { type ConsulCall, consulConnection, readNow, sharingTime } from './connection.ts'
import { serviceOptions } from './service-options.ts'
import { serviceStamps } from './service-stamps.ts'
import type { ConsulSettings } from './settings.ts'

/** Consul lists itself; nobody calls it by way of the directory. */
const CONSUL_ITSELF = 'consul'
const verbs = { passing: 'pass', warning: 'warn', critical: 'fail' } as const

/** The directory in Consul: instances are services of the one agent that the settings name. */
export function consulDirectory(settings: ConsulSettings): Directory {
  const connection = consulConnection(settings)
  // Each of these calls says how things are to be, so that saying it twice changes nothing.
  const ask = <T>(call: ConsulCall<T>, through = connection) =>
    through.ask(call, { repeatable: true })

  async function report(
    ref: InstanceRef,
    condition: Condition,
    note: string,
    through = connection,
  ) {
    const id = consulCheckId(ref, 'ttl')
    await ask(({ agent }, more) => agent.check[verbs[condition]]({ ...more, id, note }), through)
  }

  /** Consul 1.8 says nothing of a check or service to remove that is not there, later ones 404. */
  async function remove(call: ConsulCall<unknown>, through = connection) {
    try {
      await ask(call, through)
    } catch (error) {
      if (!(error instanceof Failure && error.kind === 'NotFound')) throw error
    }
  }

  async function setMaintenance(ref: InstanceRef, enable: boolean, reason: string) {
    accept(findRefProblems(ref))
    const id = consulServiceId(ref)
    await ask(({ agent }, more) => agent.service.maintenance({ ...more, id, enable, reason }))
  }

  async function read(service: string, passing: boolean) {
    acceptService(service)
    return toInstances((await ask(readNow(readHealth(service, passing)))).value)
  }

  return {
    async register(registration) {
      accept(findInstanceProblems(registration))
      const together = sharingTime(connection)
      const options = serviceOptions(registration)
      const { kind } = registration.check
      await ask(({ agent }, more) => agent.service.register({ ...more, ...options }), together)
      // The check that it registered before stays, and one of the same id keeps its state.
      const id = consulCheckId(registration, kind === 'ttl' ? 'http' : 'ttl')
      await remove(({ agent }, more) => agent.check.deregister({ ...more, id }), together)
      if (kind === 'ttl') await report(registration, 'passing', '', together)
    },

    async renew(ref, condition = 'passing', note = '') {
      accept(findRefProblems(ref))
      await report(ref, condition, note)
    },

    async deregister(ref) {
      accept(findRefProblems(ref))
      const id = consulServiceId(ref)
      await remove(({ agent }, more) => agent.service.deregister({ ...more, id }))
    },

    startMaintenance: (ref, reason) => setMaintenance(ref, true, reason),
    endMaintenance: (ref) => setMaintenance(ref, false, ''),
    lookup: (service) => read(service, true),
    instances: (service) => read(service, false),

    async services() {
      return toNames((await ask(readNow(readServices))).value)
    },

    watchInstances(service, signal) {
      acceptService(service)
      return blockingQuery(connection, readHealth(service, false), toInstances, signal)
    },
    watchServices: (signal) => blockingQuery(connection, readServices, toNames, signal),
    watchStamps: (signal) => serviceStamps(connection, readServices, toNames, signal),

    async close() {
      connection.close()
    },
  }
}

const readHealth =
  (service: string, passing: boolean): ConsulCall<ConsulHealthEntry[]> =>
  ({ health }, more) =>
    health.service({ ...more, service, passing })

const readServices: ConsulCall<Record<string, unknown>> = ({ catalog }, more) =>
  catalog.service.list(more)

function toInstances(entries: readonly ConsulHealthEntry[] = []): readonly ListedInstance[] {
  return entries.map(fromConsulEntry).sort((a, b) => (a.id < b.id ? -1 : 1))
}

function toNames(services: Readonly<Record<string, unknown>> = {}): readonly string[] {
  return Object.keys(services)
    .filter((name) => name !== CONSUL_ITSELF)
    .sort()
}

function acceptService(service: string): void {
  accept(findRefProblems({ service, id: 'any' }))
}

function accept(errors: readonly InputProblem[]): void {
  if (errors.length === 0) return
  throw new Failure('InvalidInput', 'This can be no entry of the directory.', { errors })
}
