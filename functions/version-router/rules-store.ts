import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import type { Precondition } from '#shared/domain/http/preconditions.ts'
import type { RoutingRules } from '#shared/domain/routing/rules.ts'
import { contentOf, type RulesContent, saysSame } from '#shared/domain/routing/rules-content.ts'
import { Failure } from '#shared/errors.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'

/** A change that was made, or had been made before by the same request. */
export type RulesChange = Readonly<{ now: RoutingRules; before: RoutingRules | undefined }>

/** Who changes rules, and when. */
export type Author = Readonly<{ by: string; at: Date }>

/** Revisions of a service that are kept. */
const MOST_REVISIONS = 20
/** Others may change the same rules at the same time. */
const MOST_TRIES = 5
const DIGITS = 10

const historyPrefix = (service: string) => `routing-history/${service}/`
const historyKey = (service: string, revision: number) =>
  historyPrefix(service) + String(revision).padStart(DIGITS, '0')

export const entityTag = ({ revision }: RoutingRules): string => `"${revision}"`

/** Rules in the key-value store: the newest where the catalog looks for it, the last 20 beside. */
export function rulesStore(store: KeyValue) {
  async function current(service: string) {
    const entry = await store.get(catalogKeys.rules(service))
    return entry && { entry, rules: JSON.parse(entry.value) as RoutingRules }
  }

  async function revisions(service: string): Promise<readonly RoutingRules[]> {
    const [kept, newest] = await Promise.all([store.list(historyPrefix(service)), current(service)])
    const all = new Map(
      kept.map(({ value }) => JSON.parse(value) as RoutingRules).map((one) => [one.revision, one]),
    )
    // A rollback changes rules without keeping a revision: it is kept at the next change.
    if (newest) all.set(newest.rules.revision, newest.rules)
    return [...all.values()].sort((a, b) => b.revision - a.revision).slice(0, MOST_REVISIONS)
  }

  async function keep(service: string, rules: RoutingRules): Promise<void> {
    await store.set(historyKey(service, rules.revision), JSON.stringify(rules))
    const kept = await store.list(historyPrefix(service))
    const old = kept.slice(0, Math.max(0, kept.length - MOST_REVISIONS))
    await Promise.all(old.map(({ key }) => store.delete(key)))
  }

  return {
    /** The rules that hold; undefined where there are none. */
    async find(service: string): Promise<RoutingRules | undefined> {
      const rules = (await current(service))?.rules
      return rules?.deleted ? undefined : rules
    },

    /** Newest first. */
    revisions,

    /**
     * Makes rules the newest ones. The same as are there change nothing, whatever is asked of them
     * before (RFC 9110, section 13.1.1): the request that made them may be repeated.
     *
     * @throws `PreconditionFailed`; `Conflict` when others change them all the time
     */
    async change(
      service: string,
      content: RulesContent,
      { by, at }: Author,
      precondition: Precondition | undefined,
    ): Promise<RulesChange> {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const found = await current(service)
        const before = found?.rules
        if (before && saysSame(contentOf(before), content)) {
          const earlier = (await revisions(service)).find((one) => one.revision < before.revision)
          await keep(service, before)
          return { now: before, before: earlier }
        }
        const tag = before && !before.deleted ? entityTag(before) : undefined
        if (precondition?.(tag) === false) throw changedMeanwhile(service, tag)
        const now = {
          ...content,
          ...{ revision: (before?.revision ?? 0) + 1, changedAt: at.toISOString(), changedBy: by },
        }
        if (before) await keep(service, before)
        const key = catalogKeys.rules(service)
        const value = JSON.stringify(now)
        const done = found
          ? await store.replace(key, value, found.entry.version)
          : await store.create(key, value)
        if (!done) continue
        await keep(service, now)
        return { now, before }
      }
      throw new Failure('Conflict', `The rules of '${service}' are changed by others all the time.`)
    },
  }
}

export type RulesStore = ReturnType<typeof rulesStore>

const changedMeanwhile = (service: string, tag: string | undefined) =>
  new Failure(
    'PreconditionFailed',
    tag === undefined
      ? `'${service}' has no routing rules.`
      : `The rules of '${service}' are at revision ${tag} now.`,
  )
