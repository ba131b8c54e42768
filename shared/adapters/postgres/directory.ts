import type { InstanceRef, ListedInstance } from '../../domain/discovery/instance.ts'
import {
  findInstanceProblems,
  findRefProblems,
  type InputProblem,
} from '../../domain/discovery/instance-problems.ts'
import { Failure } from '../../errors.ts'
import type { Directory } from '../../ports/directory.ts'
import { ask, connect } from './connect.ts'
import { readInstances, readServices } from './directory-read.ts'
import { putInstance, removeInstance, renewInstance, setMaintenance } from './directory-write.ts'
import { registryFeed } from './registry-feed.ts'
import { ANSWER_MS, registryOptions } from './registry-sql.ts'

/**
 * The directory in schema `registry`. Time is the database's. What is silent for its TTL is critical to
 * who reads; that watchers are told so, and that instances are asked and removed, takes who works
 * through `postgresHealthChecks`.
 */
export function postgresDirectory(url: string): Directory {
  const sql = connect(url, registryOptions('directory'))
  const feed = registryFeed(sql, 'instance')
  const answer = <T>(asked: PromiseLike<T>) => ask(asked, ANSWER_MS)

  async function read(service: string): Promise<readonly ListedInstance[]> {
    acceptService(service)
    return (await answer(readInstances(sql, service))).value
  }

  async function maintain(ref: InstanceRef, reason: string | null): Promise<void> {
    accept(findRefProblems(ref))
    if (!(await answer(setMaintenance(sql, ref, reason)))) {
      throw new Failure('NotFound', `no instance ${ref.service}:${ref.id} is registered`)
    }
  }

  return {
    async register(registration) {
      accept(findInstanceProblems(registration))
      await answer(putInstance(sql, registration))
    },

    async renew(ref, condition = 'passing', note = '') {
      accept(findRefProblems(ref))
      if (await answer(renewInstance(sql, ref, condition, note))) return
      throw new Failure('NotFound', `${ref.service}:${ref.id} has no TTL check`)
    },

    async deregister(ref) {
      accept(findRefProblems(ref))
      await answer(removeInstance(sql, ref))
    },

    startMaintenance: maintain,
    endMaintenance: (ref) => maintain(ref, null),

    lookup: async (service) => (await read(service)).filter(({ health }) => health === 'passing'),
    instances: read,
    services: async () => (await answer(readServices(sql))).value,

    watchInstances(service, signal) {
      acceptService(service)
      return feed.watch(
        () => readInstances(sql, service),
        (name) => name === service,
        signal,
      )
    },
    watchServices: (signal) =>
      feed.watch(
        () => readServices(sql),
        () => true,
        signal,
      ),

    async close() {
      await feed.close()
      await sql.end({ timeout: CLOSE_TIMEOUT_S })
    },
  }
}

const CLOSE_TIMEOUT_S = 2

function acceptService(service: string): void {
  accept(findRefProblems({ service, id: 'any' }))
}

function accept(errors: readonly InputProblem[]): void {
  if (errors.length === 0) return
  throw new Failure('InvalidInput', 'This can be no entry of the directory.', { errors })
}
