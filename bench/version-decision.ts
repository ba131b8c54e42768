import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { Health } from '#shared/domain/discovery/instance.ts'
import { decideVersion } from '#shared/domain/routing/version-decision.ts'
import { type BenchOptions, type Figure, quantile, type Report } from './report.ts'

const INSTANCES = 1_000
const VERSIONS = 50
const DECISIONS = 100_000
const SMOKE = 2_000
/** What a decision is allowed to take on average and at the 99th percentile, microseconds. */
const MOST_US = 50
const RANGES = ['^1', '^2', '>=1.4 <3', '1.7.0', 'latest', '^1 || ^3']
const SESSIONS = 1_000
const HEALTHS: readonly Health[] = ['passing', 'passing', 'passing', 'warning', 'critical']

/** Which version a call gets, over 1,000 instances of 50 versions, beside an empty loop and a search. */
export async function versionDecision({ smoke }: BenchOptions): Promise<Report> {
  const decisions = smoke ? SMOKE : DECISIONS
  const catalog = aCatalog()
  const sessions = Array.from({ length: SESSIONS }, (_, nr) => `session-${nr}`)
  const decide = (nr: number) =>
    decideVersion(catalog, {
      acceptVersion: RANGES[nr % RANGES.length],
      sessionId: sessions[nr % SESSIONS],
      random: 0.5,
    })
  decide(0)
  const first = quantiles('first of a document', firsts(smoke ? 20 : 300))
  const figures = [
    ...quantiles('decision', times(decisions, decide), MOST_US),
    ...quantiles(
      'by a pin',
      times(decisions, () => decideVersion(catalog, { pinned: '1.3.0', random: 0.5 })),
      MOST_US,
    ),
    ...first,
    ...quantiles(
      'floor: a look at the clock',
      times(decisions, () => undefined),
    ),
    ...quantiles(
      'floor: the healthy instances of one version',
      times(smoke ? SMOKE : 20_000, () =>
        catalog.instances.filter(
          ({ version, health }) => version === '1.7.0' && health === 'passing',
        ),
      ),
    ),
  ]
  return { figures, notes: [`${INSTANCES} instances, ${VERSIONS} versions, 2 shares by session`] }
}

/** What the first call after a change of the catalog pays: nothing is worked out yet. */
function firsts(count: number): number[] {
  const catalogs = Array.from({ length: count }, aCatalog)
  return times(count, (nr) =>
    decideVersion(catalogs[nr] as ServiceCatalog, { acceptVersion: '^2', random: 0.5 }),
  )
}

function aCatalog(): ServiceCatalog {
  const instances = Array.from({ length: INSTANCES }, (_, nr) => ({
    ...{ service: 'billing', id: `i-${nr}`, address: '127.0.0.1', port: 8_000 },
    version: `${1 + (nr % 3)}.${Math.floor(nr / 3) % Math.ceil(VERSIONS / 3)}.0`,
    ...{ protocol: 'http', capabilities: [], tags: [], meta: {}, reason: '' },
    health: HEALTHS[nr % HEALTHS.length] ?? 'passing',
  }))
  const weights = [
    { range: '^2', weight: 10 },
    { range: '^1', weight: 90 },
  ]
  return {
    service: 'billing',
    instances,
    rules: { revision: 1, weights },
    breakers: [],
    learned: [],
  }
}

/** Microseconds of each run. */
function times(count: number, run: (nr: number) => unknown): number[] {
  const taken = new Array<number>(count)
  for (let nr = 0; nr < count; nr++) {
    const began = performance.now()
    run(nr)
    taken[nr] = (performance.now() - began) * 1_000
  }
  return taken
}

function quantiles(name: string, values: readonly number[], atMost?: number): Figure[] {
  const figure = (share: string, value: number): Figure => ({
    ...{ name: `${name}, ${share}`, value, unit: 'us' },
    ...(atMost === undefined ? {} : { atMost }),
  })
  return [figure('p50', quantile(values, 0.5)), figure('p99', quantile(values, 0.99))]
}
