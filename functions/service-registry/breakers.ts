import { keyPrefixes } from '#shared/domain/catalog/key-parts.ts'
import type { Actions } from '#shared/domain/http/action.ts'
import type { Principal } from '#shared/domain/principal.ts'
import {
  readSharedBreaker,
  type SharedBreaker,
  WHOLE_SERVICE,
} from '#shared/domain/resilience/shared-breaker.ts'
import { breakerEvent, breakerKey } from '#shared/domain/resilience/sharing.ts'
import { Failure } from '#shared/errors.ts'
import type { Directory } from '#shared/ports/directory.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { acceptRef } from './registration.ts'
import type { BreakerAnswer, routes } from './schema.ts'

type BreakerRoute = Extract<
  (typeof routes)[number],
  { path: '/breakers' | '/breakers/{service}/reset' }
>

export type BreakerDependencies = Readonly<{
  directory: Pick<Directory, 'instances'>
  keyValue: KeyValue
  log: Pick<EventLog, 'append'>
  now: () => Date
}>

/** Function environments may write the same record at the same moment so many times. */
const MOST_RACES = 10

/** Circuits as all environments know them, and the operator's way to close them. */
export const breakerActions = (dependencies: BreakerDependencies): Actions<BreakerRoute> => ({
  'GET /breakers': async ({ query }) => {
    const { service, state } = query
    if (service !== undefined) acceptRef({ service, id: 'any' })
    const after = fromCursor(query.cursor)
    const known = await readBreakers(dependencies.keyValue, service)
    const wanted = known.filter(
      (one) => nameOf(one) > after && (state === undefined || one.state === state),
    )
    const page = wanted.slice(0, query.limit)
    const last = page.at(-1)
    const next = page.length < wanted.length && last ? toCursor(nameOf(last)) : null
    return { body: { items: page.map(toAnswer), next } }
  },

  'POST /breakers/{service}/reset': async ({ params, body, principal }) => {
    const { service = '' } = params
    const { instance } = body
    acceptRef({ service, id: instance ?? 'any' })
    const targets = await findTargets(dependencies, service, instance)
    const items: BreakerAnswer[] = []
    for (const target of targets) {
      items.push(toAnswer(await reset(dependencies, service, target, principal)))
    }
    return { body: { items } }
  },
})

const nameOf = ({ service, instance }: SharedBreaker) => `${service}/${instance}`

async function readBreakers(
  keyValue: KeyValue,
  service: string | undefined,
): Promise<readonly SharedBreaker[]> {
  const prefix = keyPrefixes.breakers + (service === undefined ? '' : `${service}/`)
  const entries = await keyValue.list(prefix)
  const breakers = entries.flatMap(({ value }) => readSharedBreaker(value) ?? [])
  return breakers.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

/** The circuits that a reset closes: one, or that of the service and all that are not closed. */
async function findTargets(
  { directory, keyValue }: BreakerDependencies,
  service: string,
  instance: string | undefined,
): Promise<readonly string[]> {
  const [known, instances] = await Promise.all([
    readBreakers(keyValue, service),
    directory.instances(service),
  ])
  const names = new Set(
    [...known, ...instances.map(({ id }) => ({ instance: id }))].map((one) => one.instance),
  )
  if (instance !== undefined) {
    if (names.has(instance)) return [instance]
    throw new Failure('NotFound', `There is no instance '${instance}' of '${service}'.`)
  }
  if (names.size === 0) throw new Failure('NotFound', `There is no service '${service}'.`)
  const broken = known.filter(({ state }) => state !== 'closed').map((one) => one.instance)
  return [...new Set([WHOLE_SERVICE, ...broken])]
}

/** Writes a record that every environment takes over, and tells the log who did it. */
async function reset(
  { keyValue, log, now }: BreakerDependencies,
  service: string,
  instance: string,
  principal: Principal | undefined,
): Promise<SharedBreaker> {
  const key = breakerKey({ service, instance })
  for (let races = 0; races < MOST_RACES; races++) {
    const found = await keyValue.get(key)
    const since = (found && readSharedBreaker(found.value)?.since) ?? 0
    const closed: SharedBreaker = {
      ...{ service, instance, state: 'closed', retryAt: 0 },
      since: Math.max(now().getTime(), since + 1),
      reason: `reset by ${principal?.name ?? 'an operator'}`,
    }
    const text = JSON.stringify(closed)
    const isWritten = found
      ? await keyValue.replace(key, text, found.version)
      : await keyValue.create(key, text)
    if (!isWritten) continue
    const actor = principal && { kind: principal.kind, id: principal.id, name: principal.name }
    const source = { source: 'service-registry', isShared: true, ...(actor ? { actor } : {}) }
    await log.append([breakerEvent(closed, source)])
    return closed
  }
  throw new Failure('Unavailable', 'The circuit changes all the time: try again.')
}

function toAnswer({ service, instance, state, since, retryAt, reason }: SharedBreaker) {
  return {
    service,
    instance: instance === WHOLE_SERVICE ? null : instance,
    state,
    since: new Date(since).toISOString(),
    retry_at: state === 'closed' ? null : new Date(retryAt).toISOString(),
    reason,
  } satisfies BreakerAnswer
}
