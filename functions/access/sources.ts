import type * as z from 'zod'
import type { Actions } from '#shared/domain/http/action.ts'
import { isSourceName } from '#shared/domain/sources.ts'
import { Failure } from '#shared/errors.ts'
import type {
  AccessPublication,
  AccessStore,
  KeptSource,
  SealedSecret,
  SecretChange,
} from '#shared/ports/access-store.ts'
import type { routes, SourceAnswer, sourceInput } from './schema.ts'

type SourceRoute = Extract<(typeof routes)[number], { path: '/sources' | '/sources/{source}' }>

export type SourceDependencies = Readonly<{
  store: AccessStore
  publication: AccessPublication
  seal: (secret: string) => SealedSecret
  now: () => Date
}>

/**
 * Sources: how `POST /hooks/{source}` reads each. A change answers once it is published; until then
 * it is 503, and repeating it, which is safe, publishes it.
 */
export const sourceActions = ({
  store,
  publication,
  seal,
  now,
}: SourceDependencies): Actions<SourceRoute> => ({
  'GET /sources': async ({ query }) => {
    const { items, next } = await store.listSources(query)
    return { body: { items: items.map(toAnswer), next } }
  },

  'GET /sources/{source}': async ({ params }) => {
    const source = await store.findSource(nameOf(params))
    if (!source) throw unknownSource(nameOf(params))
    return { body: toAnswer(source) }
  },

  'PUT /sources/{source}': async ({ params, body }) => {
    const name = nameOf(params)
    if (!isSourceName(name)) throw badName
    const { dialect, topic, key_template: keyTemplate, redact } = body
    const settings = {
      name,
      dialect,
      ...(topic === undefined ? {} : { topic }),
      ...(keyTemplate === undefined ? {} : { keyTemplate }),
      ...(redact === undefined ? {} : { redact }),
    }
    const { source, created } = await store.putSource(settings, changeOf(body, seal), now())
    await publication.publish()
    return { status: created ? 201 : 200, body: toAnswer(source) }
  },

  'DELETE /sources/{source}': async ({ params }) => {
    const removed = await store.removeSource(nameOf(params))
    // Also when it was gone already: an earlier call may have removed it and failed to publish.
    await publication.publish()
    if (!removed) throw unknownSource(nameOf(params))
    return { status: 204 }
  },
})

const nameOf = (params: Readonly<Record<string, string>>): string => params.source ?? ''

const unknownSource = (name: string) => new Failure('NotFound', `There is no source '${name}'.`)

const badName = new Failure('InvalidInput', 'A source cannot be called so.', {
  errors: [
    {
      pointer: '/path/source',
      detail: 'letters, digits, dot, dash and underscore, at most 64, a letter or digit first',
    },
  ],
})

function changeOf(
  { secrets, add_secret }: z.infer<typeof sourceInput>,
  seal: (secret: string) => SealedSecret,
): SecretChange {
  if (add_secret !== undefined) return { type: 'add', secret: seal(add_secret) }
  return secrets ? { type: 'replace', secrets: secrets.map(seal) } : { type: 'keep' }
}

function toAnswer(source: KeptSource): SourceAnswer {
  const { keyTemplate, topic, redact, ...rest } = source
  return {
    ...rest,
    secrets: [...source.secrets],
    topic: topic ?? null,
    key_template: keyTemplate ?? null,
    redact: (redact as SourceAnswer['redact'] | undefined) ?? null,
  }
}
