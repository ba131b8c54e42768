import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import { circuit } from '#shared/domain/resilience/circuit.ts'
import type { ChoiceWish } from '#shared/domain/resilience/instance-choice.ts'
import { instanceChooser } from '#shared/domain/resilience/instance-chooser.ts'
import { defaultBreakerRules } from '#shared/domain/resilience/rules.ts'
import type { RoutingRules } from '#shared/domain/routing/rules.ts'
import { someCatalogs } from './catalogs.ts'
import { type BenchOptions, type Figure, quantile, type Report } from './report.ts'

const INSTANCES = 1_000
const ROUNDS = 2_000
const SMOKE = 50
/** Timed together: a look at the clock costs as much as a decision. */
const PER_ROUND = 50
const MOST_US = 5
const START = 1_800_000_000_000

/** Whether a call may go, and where to, with 1,000 instances known, beside looking up one in a Map. */
export async function breaker({ smoke }: BenchOptions): Promise<Report> {
  const rounds = smoke ? SMOKE : ROUNDS
  const ids = Array.from({ length: INSTANCES }, (_, nr) => `service-0-${nr}-7f9c`)
  const known = new Map(ids.map((id) => [id, { id }]))
  const idAt = (nr: number) => ids[(nr * 7) % INSTANCES] ?? ''
  return {
    figures: [
      ...figures('circuit: enter and leave', times(rounds, decide(ids, idAt)), MOST_US),
      ...figures('choose one of 1,000, and end', times(rounds, choose({})), MOST_US),
      ...figures('the same, in a zone', times(rounds, choose({ zone: 'eu-central-1a' })), MOST_US),
      ...figures(
        'the same, 100 circuits open',
        times(rounds, choose({}, { broken: 100 })),
        MOST_US,
      ),
      ...figures('the same, by session', times(rounds, choose({ session: 'one' }, sticky))),
      ...figures('refused: the service is down', times(rounds, refuse()), MOST_US),
      ...figures('first of a changed catalog', times(smoke ? 2 : 40, changed(), 1)),
      ...figures(
        'floor: look up in a Map',
        times(rounds, (nr) => known.get(idAt(nr))),
      ),
    ],
    notes: [`${INSTANCES} instances; means of ${PER_ROUND} in a row`],
  }
}

function decide(ids: readonly string[], idAt: (nr: number) => string) {
  const circuits = new Map(ids.map((id) => [id, aCircuit()]))
  return (nr: number) => {
    const one = circuits.get(idAt(nr))
    const permit = one?.enter(START + nr)
    if (permit !== undefined) one?.leave(permit, nr % 50 === 0 ? 'fault' : 'ok', 5, START + nr)
  }
}

const aCircuit = () =>
  circuit({ rules: defaultBreakerRules, random: Math.random, onChange: () => undefined })

const sticky = { rules: { revision: 1, stickiness: 'session' } as const }

type Setting = Readonly<{ rules?: RoutingRules; broken?: number }>

function aCatalog({ rules, broken = 0 }: Setting = {}): ServiceCatalog {
  const [catalog] = someCatalogs(1, INSTANCES) as [ServiceCatalog]
  const breakers = catalog.instances.slice(0, broken).map(({ service, id }) => ({
    ...{ service, instance: id, state: 'open' as const, since: START, reason: '' },
    retryAt: START + 300_000,
  }))
  return { ...catalog, breakers, ...(rules ? { rules } : {}) }
}

function choose(wish: Omit<ChoiceWish, 'nowMs'>, setting?: Setting) {
  const chooser = instanceChooser({ random: Math.random })
  const catalog = aCatalog(setting)
  return (nr: number) => {
    const nowMs = START + nr / 100
    const choice = chooser.choose(catalog, { nowMs, repeatable: true, ...wish })
    if (choice.type === 'chosen') choice.ended({ nowMs, latencyMs: 5 + (nr % 7), verdict: 'ok' })
  }
}

function refuse() {
  const chooser = instanceChooser({ random: Math.random })
  const open = { instance: '*', state: 'open', since: START, reason: '' } as const
  const { service, ...catalog } = aCatalog()
  const breakers = [{ service, ...open, retryAt: START + 60_000 }]
  const broken = { ...catalog, service, breakers }
  return () => chooser.choose(broken, { nowMs: START })
}

/** What the first call after a change of the catalog pays. */
function changed() {
  const chooser = instanceChooser({ random: Math.random })
  const catalog = aCatalog()
  return () => chooser.choose({ ...catalog }, { nowMs: START })
}

/** Microseconds of each run, as the mean of some. */
function times(rounds: number, run: (nr: number) => unknown, together = PER_ROUND): number[] {
  for (let nr = 0; nr < together * 20; nr++) run(nr)
  return Array.from({ length: rounds }, (_, round) => {
    const began = performance.now()
    for (let nr = 0; nr < together; nr++) run(round * together + nr)
    return ((performance.now() - began) * 1_000) / together
  })
}

function figures(name: string, values: readonly number[], atMost?: number): Figure[] {
  const figure = (share: string, value: number) => ({
    ...{ name: `${name}, ${share}`, value, unit: 'us' },
  })
  // The 99th percentile is that of whatever else runs on the machine: it is shown, not judged.
  return [
    { ...figure('p50', quantile(values, 0.5)), ...(atMost === undefined ? {} : { atMost }) },
    figure('p99', quantile(values, 0.99)),
  ]
}
