import { ownEvent } from '#shared/domain/events/own-event.ts'
import { uuidV8Of } from '#shared/domain/events/uuid.ts'
import { jsonDifferences } from '#shared/domain/routing/json-difference.ts'
import type { RoutingRules } from '#shared/domain/routing/rules.ts'
import { contentOf } from '#shared/domain/routing/rules-content.ts'
import { writeRules } from '#shared/domain/routing/rules-form.ts'
import type { RulesChange } from './rules-store.ts'

/**
 * The event of a change: who, when, and which places of the rules are others, without what stands
 * there. The same change is always the same event, so that telling it again counts once.
 */
export function routingChanged(service: string, { now, before }: RulesChange) {
  return ownEvent({
    id: uuidV8Of(`routing ${service} ${now.revision} ${now.changedAt}`),
    source: 'version-router',
    type: 'services.lifecycle.routing_changed',
    at: Date.parse(now.changedAt ?? '') * 1_000,
    data: {
      service,
      revision: now.revision,
      previous_revision: before?.revision ?? 0,
      changed_by: now.changedBy ?? null,
      deleted: now.deleted === true,
      differences: jsonDifferences(formOf(before), formOf(now)),
    },
    attributes: { subject: service },
  })
}

const formOf = (rules: RoutingRules | undefined) => (rules ? writeRules(contentOf(rules)) : {})
