import type { Actions } from '#shared/domain/http/action.ts'
import { newKey } from '#shared/domain/keys.ts'
import { Failure } from '#shared/errors.ts'
import { errorFields, log } from '#shared/log.ts'
import type { AccessPublication, AccessStore } from '#shared/ports/access-store.ts'
import { authorOf } from './author.ts'
import type { NewKeyAnswer, routes } from './schema.ts'
import { unknownRolesFailure } from './unknown-roles.ts'

type KeyRoute = Extract<(typeof routes)[number], { path: '/keys' | '/keys/{id}' }>

export type KeyDependencies = Readonly<{
  store: AccessStore
  publication: AccessPublication
  now: () => Date
}>

/** Keys: made, listed and revoked; a key itself is shown when it is made and never again. */
export const keyActions = ({ store, publication, now }: KeyDependencies): Actions<KeyRoute> => ({
  'GET /keys': async ({ query }) => ({ body: await store.listKeys(query) }),

  'POST /keys': async ({ body, principal }) => {
    if (body.expires_at && body.expires_at <= now()) throw expired
    const { id, key, digest } = newKey()
    const expiresAt = body.expires_at?.toISOString()
    const entry = {
      id,
      name: body.name,
      digest,
      roles: [...new Set(body.roles)],
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }
    const added = await store.addKey(entry, { by: authorOf(principal), at: now() })
    if (added.type === 'unknown-roles')
      throw unknownRolesFailure(added.roles, { pointer: '/roles', roles: body.roles })
    if (added.type === 'full') throw new Failure('Conflict', added.room)
    const active = await isPublished(publication)
    const answer: NewKeyAnswer = { ...added.key, roles: entry.roles, key, active }
    return { status: 201, body: answer }
  },

  'DELETE /keys/{id}': async ({ params, principal }) => {
    const id = params.id ?? ''
    const result = await store.removeKey(id, { by: authorOf(principal), at: now() })
    // Revoked is what no place accepts any more: 503 until it is published, also when repeated.
    await publication.publish()
    if (result === 'unknown') throw new Failure('NotFound', `There is no key '${id}'.`)
    if (result === 'last-admin') {
      throw new Failure('Conflict', 'This is the last key with the role admin: make another first.')
    }
    return { status: 204 }
  },
})

const expired = new Failure('InvalidInput', 'The key would have expired already.', {
  errors: [{ pointer: '/expires_at', detail: 'must lie in the future' }],
})

/** The key is made and can't be shown again, so a publication that has to wait is no failure. */
async function isPublished(publication: AccessPublication): Promise<boolean> {
  try {
    await publication.publish()
    return true
  } catch (error) {
    if (!(error instanceof Failure && error.retryable)) throw error
    log('warn', 'access-publication-due', errorFields(error))
    return false
  }
}
