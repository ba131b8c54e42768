import { type Random, seededRandom } from './random.ts'

/** An event in the bridge's native form. */
export type NativeEvent = Readonly<{
  id: string
  source: string
  type: string
  session: string
  time: string
  data: Readonly<Record<string, unknown>>
}>

export const AGENT = 'agents/coder'
export const ORDERS = 'services/orders'
export const SEARCH = 'services/search'
export const sources = [AGENT, ORDERS, SEARCH] as const

/** What one session does next: an operation, how long it takes, and whether it fails. */
type Step = Readonly<{ operation: string; durationMs: number; failed?: boolean; thinkMs?: number }>
type Plan = Readonly<{ source: string; steps: readonly Step[] }>

const AGENT_SESSIONS = 30
const ORDERS_SESSIONS = 150
const SEARCH_SESSIONS = 150
/** The search index turns slow in the last of its sessions. */
const SLOW_SEARCHES = 12
const SPAN_MS = 2 * 3_600_000

/**
 * Two hours of an agent's and two services' work that end at `end`: the agent's tests fail at times
 * and send it back to reading, one service's card payments fail, the other's index turns slow.
 * The same run name, seed and end give the same events, in order of time.
 */
export function madeHistory(run: string, seed: number, end: Date): readonly NativeEvent[] {
  const random = seededRandom(seed)
  const plans = [
    ...Array.from({ length: AGENT_SESSIONS }, () => coding(random)),
    ...Array.from({ length: ORDERS_SESSIONS }, () => ordering(random)),
    ...Array.from({ length: SEARCH_SESSIONS }, (_, at) =>
      searching(random, at >= SEARCH_SESSIONS - SLOW_SEARCHES),
    ),
  ]
  const places = new Map<string, number>()
  const totals = { [AGENT]: AGENT_SESSIONS, [ORDERS]: ORDERS_SESSIONS, [SEARCH]: SEARCH_SESSIONS }
  const events = plans.flatMap((plan) => {
    const place = places.get(plan.source) ?? 0
    places.set(plan.source, place + 1)
    const share = place / (totals[plan.source as keyof typeof totals] ?? 1)
    const session = `${run}-${plan.source.replace('/', '-')}-${place + 1}`
    return play(plan, session, end.getTime() - SPAN_MS * (1 - share * 0.95))
  })
  return events.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)))
}

function coding(random: Random): Plan {
  const step = (operation: string, medianMs: number): Step => ({
    operation,
    durationMs: random.duration(medianMs),
    thinkMs: random.duration(1_500),
  })
  const steps = [step('Grep', 90), step('Read', 40), step('Read', 40)]
  for (let failed = true, tries = 0; failed && tries < 4; tries++) {
    steps.push(step('Edit', 60))
    if (random.chance(0.3)) steps.push(step('Edit', 60))
    failed = random.chance(0.35)
    steps.push({ ...step('Run tests', 9_000), failed })
    if (failed) steps.push(step('Read', 40))
  }
  steps.push(step('Commit', 300))
  return { source: AGENT, steps }
}

function ordering(random: Random): Plan {
  const declined = random.chance(0.12)
  const steps: Step[] = [
    { operation: 'Check stock', durationMs: random.duration(15) },
    { operation: 'Charge card', durationMs: random.duration(420, 0.6), failed: declined },
  ]
  if (!declined) {
    steps.push({ operation: 'Reserve delivery', durationMs: random.duration(55) })
    steps.push({ operation: 'Send receipt', durationMs: random.duration(120) })
  }
  return { source: ORDERS, steps }
}

function searching(random: Random, slow: boolean): Plan {
  const steps: Step[] = [
    { operation: 'Parse query', durationMs: random.duration(3) },
    { operation: 'Query index', durationMs: random.duration(slow ? 900 : 35, 0.2) },
    { operation: 'Rank results', durationMs: random.duration(18) },
  ]
  if (random.chance(0.25)) steps.push({ operation: 'Open result', durationMs: random.duration(25) })
  return { source: SEARCH, steps }
}

/** Turns a plan into the events that its sender would have sent. */
function play({ source, steps }: Plan, session: string, startedAt: number): readonly NativeEvent[] {
  const events: NativeEvent[] = []
  let clock = startedAt
  const add = (type: string, data: NativeEvent['data']) => {
    events.push({
      id: `${session}-${events.length + 1}`,
      source,
      type,
      session,
      time: new Date(clock).toISOString(),
      data,
    })
  }
  add('hooks.lifecycle.started', { name: source })
  for (const [at, { operation, durationMs, failed = false, thinkMs = 5 }] of steps.entries()) {
    clock += thinkMs
    add('hooks.execution.started', { operation, call_id: `call-${at + 1}` })
    clock += durationMs
    add(failed ? 'hooks.execution.failed' : 'hooks.execution.completed', {
      operation,
      call_id: `call-${at + 1}`,
      outcome: failed ? 'error' : 'ok',
      duration_ms: durationMs,
    })
  }
  clock += 10
  add('hooks.lifecycle.ended', { reason: 'done' })
  return events
}
