import type { Actions } from '#shared/domain/http/action.ts'
import { shapeDifferences } from '#shared/domain/traffic/shape.ts'
import type { TrafficReading, TrialReading, VersionTraffic } from '#shared/ports/traffic-reading.ts'
import type { routes } from './schema.ts'

type CompatibilityRoute = Extract<
  (typeof routes)[number],
  { path: '/services/{name}/compatibility' }
>

/** How versions of a service differ, as their calls show. */
export const compatibilityActions = (traffic: TrafficReading): Actions<CompatibilityRoute> => ({
  'GET /services/{name}/compatibility': async ({ params: { name = '' }, query: { from, to } }) => {
    const versions = await traffic.versions(name)
    const wanted = versions.filter(
      ({ version }) => (!from && !to) || version === from || version === to,
    )
    const trial = await traffic.newestTrial(name)
    return {
      body: {
        service: name,
        operations: [...Map.groupBy(wanted, ({ operation }) => operation)].map(compared),
        trial: trial ? trialAnswer(trial) : null,
      },
    }
  },
})

/** Each version against the next: two of them when `from` and `to` are given. */
function compared([operation, versions]: [string, readonly VersionTraffic[]]) {
  const pairs = versions.slice(1).map((to, nr) => {
    const from = versions[nr] as VersionTraffic
    const differences = shapeDifferences(from.shape, to.shape)
    return { from: from.version, to: to.version, answers: differences ?? null }
  })
  return { operation, versions: versions.map(countsOf), pairs }
}

const countsOf = ({ version, calls, failures, p50Ms, p95Ms }: VersionTraffic) => ({
  version,
  calls,
  failures,
  failure_share: calls === 0 ? 0 : failures / calls,
  p50_ms: p50Ms,
  p95_ms: p95Ms,
})

function trialAnswer({ revision, state, why, canary, baseline }: TrialReading) {
  const side = ({ calls, failures, timed, logSum }: TrialReading['canary']) => ({
    calls,
    failures,
    mean_ms: timed === 0 ? null : Math.exp(logSum / timed),
  })
  return { revision, state, why, canary: side(canary), baseline: side(baseline) }
}
