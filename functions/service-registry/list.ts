import { compare, valid } from 'semver'
import type { Health, ListedInstance } from '#shared/domain/discovery/instance.ts'
import { DOCUMENT_KEY, type Tools } from '#shared/domain/discovery/instance-document.ts'
import type { Actions } from '#shared/domain/http/action.ts'
import { Failure } from '#shared/errors.ts'
import type { Directory } from '#shared/ports/directory.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { toolsOf } from './documents.ts'
import { matches } from './matching.ts'
import { acceptRef, ZONE_KEY } from './registration.ts'
import type { InstanceFilter, ListedInstanceAnswer, routes, ServiceAnswer } from './schema.ts'

type ListRoute = Extract<(typeof routes)[number], { path: '/services' | '/services/{name}' }>

export type ListDependencies = Readonly<{ directory: Directory; keyValue: KeyValue }>

/** Services asked for at the same time. */
const READERS = 8
/** API Gateway takes 10 MB and Lambda 6: what tools are more come with the next page. */
const MAX_DOCUMENT_BYTES = 4 * 1_048_576

/** Services and their instances, as the directory knows them now. */
export const listActions = ({ directory, keyValue }: ListDependencies): Actions<ListRoute> => ({
  'GET /services': async ({ query }) => {
    const after = fromCursor(query.cursor)
    const names = (await directory.services()).filter((name) => name > after)
    const items: ServiceAnswer[] = []
    let read = 0
    // A filter may leave out most of them; whoever asks is not kept for all there are.
    while (read < names.length && items.length < query.limit && read < MAX_READ) {
      const some = names.slice(read, read + Math.min(READERS, query.limit - items.length))
      read += some.length
      const found = await Promise.all(some.map((name) => summarise(directory, name, query)))
      items.push(...found.filter((one) => one !== undefined))
    }
    const last = names[read - 1]
    return { body: { items, next: read < names.length && last ? toCursor(last) : null } }
  },

  'GET /services/{name}': async ({ params, query }) => {
    const service = params.name ?? ''
    acceptRef({ service, id: 'any' })
    const all = await directory.instances(service)
    if (all.length === 0) throw new Failure('NotFound', `There is no service '${service}'.`)
    const after = fromCursor(query.cursor)
    const wanted = all.filter((one) => one.id > after && matches(one, query))
    const page = wanted.slice(0, query.limit)
    const items =
      query.include === 'documents'
        ? await withTools(keyValue, page)
        : page.map((one) => toAnswer(one, undefined))
    const last = items.at(-1)
    const next = items.length < wanted.length && last ? toCursor(last.id) : null
    return { body: { items, next } }
  },
})

/** Services looked at for one page. */
const MAX_READ = 2_000

async function summarise(
  directory: Directory,
  name: string,
  filter: InstanceFilter,
): Promise<ServiceAnswer | undefined> {
  const instances = (await directory.instances(name)).filter((one) => matches(one, filter))
  if (instances.length === 0) return undefined
  const count = (health: Health) => instances.filter((one) => one.health === health).length
  return {
    name,
    instances: {
      passing: count('passing'),
      warning: count('warning'),
      critical: count('critical'),
      maintenance: count('maintenance'),
    },
    versions: [...new Set(instances.map(({ version }) => version))].sort(highestFirst),
    capabilities: [...new Set(instances.flatMap(({ capabilities }) => capabilities))].sort(),
  }
}

/** Others may have registered versions that are none: those come last. */
function highestFirst(a: string, b: string): number {
  if (!valid(a) || !valid(b)) return Number(!valid(a)) - Number(!valid(b))
  return compare(b, a)
}

/** Instances with their tools, as many as an answer holds, one at least. */
async function withTools(
  keyValue: KeyValue,
  page: readonly ListedInstance[],
): Promise<ListedInstanceAnswer[]> {
  const items: ListedInstanceAnswer[] = []
  let bytes = 0
  for (let at = 0; at < page.length; at += READERS) {
    const some = page.slice(at, at + READERS)
    const found = await Promise.all(some.map((one) => toolsOf(keyValue, one)))
    for (const [index, one] of some.entries()) {
      const tools = found[index]
      bytes += tools ? Buffer.byteLength(JSON.stringify(tools)) : 0
      if (bytes > MAX_DOCUMENT_BYTES && items.length > 0) return items
      items.push(toAnswer(one, tools))
    }
  }
  return items
}

function toAnswer(instance: ListedInstance, tools: Tools | undefined): ListedInstanceAnswer {
  const { capabilities, tags, meta } = instance
  return {
    ...instance,
    ...{ capabilities: [...capabilities], tags: [...tags], meta: { ...meta } },
    zone: meta[ZONE_KEY] ?? null,
    document: meta[DOCUMENT_KEY] ?? null,
    ...(tools ? { tools: [...tools] } : {}),
  }
}
