import type { Actions } from '#shared/domain/http/action.ts'
import type { LearnedPatterns } from '#shared/ports/learned-patterns.ts'
import type { Lag } from '#shared/ports/log-browser.ts'
import type { RecordedSessions } from '#shared/ports/recorded-sessions.ts'
import type { TrafficReading } from '#shared/ports/traffic-reading.ts'
import { compatibilityActions } from './compatibility.ts'
import { eventActions } from './events.ts'
import { type HealthDependencies, healthActions } from './health.ts'
import { patternActions } from './patterns.ts'
import type { routes } from './schema.ts'
import { sessionActions } from './sessions.ts'

export type InsightDependencies = HealthDependencies &
  Readonly<{
    sessions: RecordedSessions
    patterns: LearnedPatterns
    traffic: TrafficReading
    /** The API's description, answered as it is. */
    openapi: Readonly<Record<string, unknown>>
  }>

/** The reading API. */
export const insight = (dependencies: InsightDependencies): Actions<(typeof routes)[number]> => ({
  ...eventActions(dependencies.events),
  ...sessionActions(dependencies.sessions, dependencies.now),
  ...patternActions(dependencies.patterns),
  ...compatibilityActions(dependencies.traffic),
  ...healthActions(dependencies),

  'GET /lag': async () => {
    const lags = await dependencies.browser.lag(dependencies.now())
    return { body: { items: lags.map(lagItem), next: null } }
  },

  'GET /openapi.json': async () => ({ body: dependencies.openapi }),
})

const lagItem = ({ group, topic, partition, position, end, oldestUnreadMs }: Lag) => ({
  consumer: group,
  topic,
  partition,
  position,
  end,
  lag: Math.max(end - position, 0),
  oldest_unread_ms: oldestUnreadMs,
})
