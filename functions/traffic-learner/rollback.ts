import { satisfies } from 'semver'
import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import { ownEvent } from '#shared/domain/events/own-event.ts'
import type { RoutingRules } from '#shared/domain/routing/rules.ts'
import { judge } from '#shared/domain/traffic/trial.ts'
import { log } from '#shared/log.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import type { KeyValue, KeyValueEntry } from '#shared/ports/key-value.ts'
import type { Traffic, Trial } from '#shared/ports/traffic.ts'

/** Who rolls back, in rules and events. */
const SOURCE = 'traffic-learner'

type Dependencies = Readonly<{
  traffic: Pick<Traffic, 'trial' | 'decide' | 'announce' | 'unannounced'>
  store: Pick<KeyValue, 'get' | 'replace'>
  events: Pick<EventLog, 'append'>
  now: () => Date
}>

/** A service's rules as they stand in the store. */
export type StoredRules = Readonly<{ entry: KeyValueEntry; rules: RoutingRules }>

/** Reads a service's rules; undefined where nobody made any. @throws `Unavailable` */
export async function readRules(
  store: Pick<KeyValue, 'get'>,
  service: string,
): Promise<StoredRules | undefined> {
  const entry = await store.get(catalogKeys.rules(service))
  return entry && { entry, rules: JSON.parse(entry.value) as RoutingRules }
}

/** On which side of its service's trial a version stands; undefined without a trial. */
export function sideOf(rules: RoutingRules | undefined, version: string) {
  const range = rules?.rollback?.range
  if (
    range === undefined ||
    !rules?.weights?.some((each) => each.range === range && each.weight > 0)
  ) {
    return undefined
  }
  return satisfies(version, range, { includePrerelease: true }) ? 'canary' : 'baseline'
}

/**
 * Judges canaries. One that is worse beyond doubt loses its weight, and an event says why: the verdict
 * is kept first, so that whatever breaks off in between is finished by `finish`.
 */
export function canaryJudge(dependencies: Dependencies) {
  const { traffic, store, events, now } = dependencies

  async function end(trial: Trial, { entry, rules }: StoredRules): Promise<void> {
    const { service, revision, why } = trial
    const range = rules.rollback?.range
    if (rules.revision === revision && range !== undefined) {
      const value = JSON.stringify(withoutCanary(rules, range, now()))
      // Someone changed the rules meanwhile: the next look finds what they are.
      if (!(await store.replace(entry.key, value, entry.version))) return
      log('warn', 'canary-rolled-back', { service, range, why })
    }
    // Where others changed the rules first, nothing was taken back, and nothing is said.
    if (rules.revision === revision || isOurs(rules, revision)) {
      await events.append([rolledBack(trial, range, now())])
    }
    await traffic.announce(trial)
  }

  return {
    /** @throws `Unavailable` */
    async judge(service: string, stored: StoredRules): Promise<void> {
      const { rollback, revision } = stored.rules
      if (!rollback) return
      const { canary, baseline, verdict: earlier } = await traffic.trial(service, revision)
      if (earlier?.state === 'worse') return
      const verdict = judge(canary, baseline, rollback)
      if (verdict.state === 'collecting' || verdict.state === earlier?.state) return
      await traffic.decide(service, revision, verdict, now())
      if (verdict.state === 'worse') await end({ service, revision, why: verdict.why }, stored)
    },

    /** Finishes what was decided and broken off. @throws `Unavailable` */
    async finish(): Promise<void> {
      for (const trial of await traffic.unannounced()) {
        const stored = await readRules(store, trial.service)
        if (stored) await end(trial, stored)
        else await traffic.announce(trial)
      }
    },
  }
}

/** Whether rules are those that a rollback of a revision made. */
const isOurs = ({ revision, changedBy }: RoutingRules, before: number) =>
  revision === before + 1 && changedBy === SOURCE

function withoutCanary(rules: RoutingRules, range: string, now: Date): RoutingRules {
  const weights = (rules.weights ?? []).map((each) =>
    each.range === range ? { ...each, weight: 0 } : each,
  )
  const author = { changedAt: now.toISOString(), changedBy: SOURCE }
  return { ...rules, ...author, revision: rules.revision + 1, weights }
}

function rolledBack({ service, revision, why }: Trial, range: string | undefined, now: Date) {
  return ownEvent({
    id: `rollback-${service}-${revision}`,
    source: SOURCE,
    type: 'services.lifecycle.rolled_back',
    at: now.getTime() * 1_000,
    data: { service, range, why, revision },
    attributes: { subject: service },
  })
}
