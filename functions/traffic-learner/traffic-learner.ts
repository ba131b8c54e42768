import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import { fromRecord } from '#shared/domain/events/record.ts'
import {
  type KafkaTriggerEvent,
  type KafkaTriggerResponse,
  triggeredRecords,
} from '#shared/domain/events/trigger.ts'
import { isNews } from '#shared/domain/traffic/learned-news.ts'
import { observeCall, observeChange } from '#shared/domain/traffic/observe.ts'
import type { HealthChange, ObservedCall } from '#shared/domain/traffic/observed-call.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import type { CountedCall, Traffic } from '#shared/ports/traffic.ts'
import { canaryJudge, readRules, type StoredRules, sideOf } from './rollback.ts'

type Dependencies = Readonly<{
  traffic: Traffic
  store: Pick<KeyValue, 'get' | 'set' | 'replace'>
  events: Pick<EventLog, 'append'>
  now: () => Date
}>

/** What is learned of a service is given away at most so often, ms. */
const GIVE_AWAY_EVERY_MS = 5_000

/**
 * Learns from calls of services and from changes of their health: counts them, judges canaries, gives
 * what was learned to the proxy. A batch is taken in whole or comes again; what follows it is done
 * again with the next one.
 */
export function trafficLearner(dependencies: Dependencies) {
  const { traffic, store, now } = dependencies
  const canaries = canaryJudge(dependencies)

  async function giveAway(): Promise<void> {
    for (const service of await traffic.due(GIVE_AWAY_EVERY_MS, now())) {
      const key = catalogKeys.learned(service)
      const [learned, told] = await Promise.all([
        traffic.learned(service, now()),
        store.get(key).then((entry) => (entry ? JSON.parse(entry.value) : [])),
      ])
      // Every reader of the catalog looks at what is written here.
      if (isNews(told, learned)) await store.set(key, JSON.stringify(learned))
    }
  }

  return {
    /** @throws `Unavailable` when database, store or log are away. */
    async learn(trigger: KafkaTriggerEvent): Promise<KafkaTriggerResponse> {
      const { calls, changes } = observed(trigger)
      const rules = await rulesOf(store, calls)
      const counted = calls.map((call) => onItsSide(call, rules.get(call.service)))
      for (const service of await traffic.take(counted, changes, now())) {
        const stored = rules.get(service)
        if (stored) await canaries.judge(service, stored)
      }
      await giveAway()
      return { batchItemFailures: [] }
    },

    /** What has to happen as time goes by, calls or none. */
    async sweep(): Promise<void> {
      await canaries.finish()
      await giveAway()
      await traffic.forget(now())
    },
  }
}

/** Records that are no events are left to `event-recorder`, which makes dead letters of them. */
function observed(trigger: KafkaTriggerEvent) {
  const calls: ObservedCall[] = []
  const changes: HealthChange[] = []
  for (const record of triggeredRecords(trigger)) {
    const event = fromRecord(record)
    const call = event && observeCall(event)
    const change = event && observeChange(event)
    if (call) calls.push(call)
    if (change) changes.push(change)
  }
  return { calls, changes }
}

async function rulesOf(
  store: Pick<KeyValue, 'get'>,
  calls: readonly ObservedCall[],
): Promise<ReadonlyMap<string, StoredRules>> {
  const services = [...new Set(calls.map(({ service }) => service))]
  const read = await Promise.all(services.map((service) => readRules(store, service)))
  return new Map(services.flatMap((service, nr) => (read[nr] ? [[service, read[nr]]] : [])))
}

/** Only what the rules of now decided tells of their canary. */
function onItsSide(call: ObservedCall, stored: StoredRules | undefined): CountedCall {
  const isOfTrial = call.leftToRules && call.revision === stored?.rules.revision
  return isOfTrial ? { ...call, arm: sideOf(stored?.rules, call.version) } : call
}
