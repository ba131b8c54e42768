import type { Actions } from '#shared/domain/http/action.ts'
import { type HealthCheck, judgeAnswer, worst } from '#shared/domain/http/health.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import { Failure } from '#shared/errors.ts'
import { errorFields, log } from '#shared/log.ts'
import type { AccessSnapshots } from '#shared/ports/access-snapshots.ts'
import type { LogBrowser } from '#shared/ports/log-browser.ts'
import type { RecordedEvents } from '#shared/ports/recorded-events.ts'
import type { HealthAnswer } from './answers.ts'
import type { routes } from './schema.ts'

type HealthRoute = Extract<(typeof routes)[number], { path: '/livez' | '/readyz' | '/health' }>

export type HealthDependencies = Readonly<{
  events: RecordedEvents
  browser: LogBrowser
  snapshots: AccessSnapshots
  now: () => Date
  /** Of the bridge. */
  version: string
}>

/** A part that takes longer answers `warn`, ms. */
const SLOW_MS = 500
/** A part that has not answered by then is not reachable, ms. */
const PATIENCE_MS = 2_000

const mediaType = 'application/health+json'

/** Whether the process lives, every part can be reached, and how each fares. */
export const healthActions = (dependencies: HealthDependencies): Actions<HealthRoute> => ({
  'GET /livez': async () => ({ mediaType, body: { status: 'pass' } }),

  'GET /readyz': async () => {
    const { status } = await examine(dependencies)
    return { status: status === 'fail' ? 503 : 200, mediaType, body: { status } }
  },

  'GET /health': async () => {
    const body = await examine(dependencies)
    return { status: body.status === 'fail' ? 503 : 200, mediaType, body }
  },
})

async function examine(dependencies: HealthDependencies): Promise<HealthAnswer> {
  const { events, browser, snapshots, now, version } = dependencies
  const topic = eventTopics[0]?.name ?? ''
  const [database, eventLog, access] = await Promise.all([
    measure('datastore', now, () => events.latest()),
    measure('datastore', now, () => browser.bounds(topic)),
    measure('component', now, () => snapshots.current()),
  ])
  return {
    status: worst([database, eventLog, access].map(({ status }) => status)),
    version,
    checks: {
      'database:responseTime': [database],
      'event-log:responseTime': [eventLog],
      'access-snapshot:responseTime': [access],
    },
  }
}

async function measure(
  componentType: HealthCheck['componentType'],
  now: () => Date,
  ask: () => Promise<unknown>,
): Promise<HealthCheck> {
  const started = performance.now()
  const failure = await failureOf(ask)
  const tookMs = performance.now() - started
  return {
    componentType,
    observedValue: Math.round(tookMs * 1_000) / 1_000,
    observedUnit: 'ms',
    status: judgeAnswer(tookMs, SLOW_MS, failure),
    time: now().toISOString(),
    ...(failure === undefined ? {} : { output: failure }),
  }
}

/** Why a part did not answer: a word for callers, all of it for the log. */
async function failureOf(ask: () => Promise<unknown>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const failure = new Failure('Timeout', `no answer in ${PATIENCE_MS} ms`)
    timer = setTimeout(reject, PATIENCE_MS, failure)
  })
  try {
    await Promise.race([ask(), late])
    return undefined
  } catch (error) {
    log('warn', 'part-unreachable', errorFields(error))
    return error instanceof Failure && error.kind === 'Timeout' ? 'too slow' : 'not reachable'
  } finally {
    clearTimeout(timer)
  }
}
