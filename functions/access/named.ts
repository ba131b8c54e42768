import type { ActionAnswer } from '#shared/domain/http/action.ts'
import type { PageRequest } from '#shared/domain/page.ts'
import type { Principal } from '#shared/domain/principal.ts'
import { Failure } from '#shared/errors.ts'
import type { KeptEntry, NamedEntries } from '#shared/ports/access-rights.ts'
import type { AccessPublication } from '#shared/ports/access-store.ts'
import { authorOf } from './author.ts'
import { unknownRolesFailure } from './unknown-roles.ts'

export type NamedDependencies = Readonly<{ publication: AccessPublication; now: () => Date }>

type Kind<T> = Readonly<{
  /** What people call one of them. */
  word: string
  entries: NamedEntries<T>
  toAnswer: (kept: KeptEntry<T>) => object
  /** The roles that an entry names, and where in the input they are. */
  rolesIn: (entry: T) => Readonly<{ pointer: string; roles: readonly string[] }>
}>

/**
 * What can be done with entries that have a name. A change answers once it is published; until then it
 * is 503, and repeating it, which is safe, publishes it.
 */
export function namedActions<T>(
  { word, entries, toAnswer, rolesIn }: Kind<T>,
  { publication, now }: NamedDependencies,
) {
  const unknown = (name: string) => new Failure('NotFound', `There is no ${word} '${name}'.`)

  return {
    async list(page: PageRequest): Promise<ActionAnswer> {
      const { items, next } = await entries.list(page)
      return { body: { items: items.map(toAnswer), next } }
    },

    async get(name: string): Promise<ActionAnswer> {
      const kept = await entries.find(name)
      if (!kept) throw unknown(name)
      return { body: toAnswer(kept) }
    },

    async put(entry: T, principal: Principal | undefined): Promise<ActionAnswer> {
      const outcome = await entries.put(entry, { by: authorOf(principal), at: now() })
      if (outcome.type === 'unknown-roles') throw unknownRolesFailure(outcome.roles, rolesIn(entry))
      if (outcome.type === 'full') throw new Failure('Conflict', outcome.room)
      if (outcome.type === 'taken') {
        throw new Failure('Conflict', `The ${word} '${outcome.by}' is about the same already.`)
      }
      await publication.publish()
      return { status: outcome.created ? 201 : 200, body: toAnswer(outcome.kept) }
    },

    async remove(name: string, principal: Principal | undefined): Promise<ActionAnswer> {
      const outcome = await entries.remove(name, { by: authorOf(principal), at: now() })
      // Also when it was gone already: an earlier call may have removed it and failed to publish.
      await publication.publish()
      if (outcome.type === 'unknown') throw unknown(name)
      if (outcome.type === 'in-use') {
        throw new Failure('Conflict', `The ${word} is held by ${outcome.by.join(', ')}.`, {
          members: { held_by: outcome.by },
        })
      }
      return { status: 204 }
    },
  }
}

/** A name that a path gives. @throws `InvalidInput` for one that fits not */
export function nameIn(
  params: Readonly<Record<string, string>>,
  parameter: string,
  fits: (name: string) => boolean,
  rule: string,
): string {
  const name = params[parameter] ?? ''
  if (fits(name)) return name
  throw new Failure('InvalidInput', `A ${parameter} cannot be called so.`, {
    errors: [{ pointer: `/path/${parameter}`, detail: rule }],
  })
}
