import type { ServiceCatalog } from '../catalog/service-catalog.ts'
import { type Choice, candidatesOf } from './choices.ts'
import type { VersionDecision } from './decision.ts'
import { planOf, type VersionPlan } from './version-plan.ts'
import { LATEST } from './version-range.ts'
import type { VersionWish } from './version-wish.ts'
import { chosenBy, drawn } from './weighted-choice.ts'
import { planWish, type WishPlan } from './wish-plan.ts'

/** Callers choose their wishes: so many are kept worked out per catalog document. */
const MOST_WISHES = 256

type Served = Extract<WishPlan, { type: 'served' }>

/**
 * Decides which version of a service a call gets, and which of its instances may serve it: the highest
 * that satisfies what the caller takes (SemVer 2.0.0), within the shares of the rules, the same for one
 * session, and the one that an earlier hop pinned where that is healthy. What a catalog document means
 * is worked out once per document, whatever number of calls it decides.
 */
export function decideVersion(catalog: ServiceCatalog, wish: VersionWish): VersionDecision {
  const plan = planOf(catalog)
  const wished = wishPlan(plan, wish.acceptVersion?.trim() ?? '')
  if (wished.type === 'refused') return wished.decision
  const pinned = wish.pinned === undefined ? undefined : pinnedChoice(plan, wished, wish.pinned)
  if (pinned) return serve(pinned, `${wished.why}; an earlier hop pinned ${pinned.planned.version}`)
  const { choice, by } = pick(plan, wished, wish)
  const givenUp = wish.pinned === undefined ? '' : `; the pin ${wish.pinned} is given up`
  return serve(choice, `${wished.why}; ${by}${givenUp}`)
}

const wishesOf = new WeakMap<VersionPlan, Map<string, WishPlan>>()

function wishPlan(plan: VersionPlan, text: string): WishPlan {
  const wishes = wishesOf.get(plan) ?? new Map<string, WishPlan>()
  const known = wishes.get(text)
  if (known) return known
  const [oldest] = wishes.keys()
  if (wishes.size >= MOST_WISHES && oldest !== undefined) wishes.delete(oldest)
  const wished = planWish(plan, text)
  wishesOf.set(plan, wishes.set(text, wished))
  return wished
}

/** What a caller takes goes before a pin; a version without healthy instances holds none. */
function pinnedChoice(plan: VersionPlan, { choices, takes }: Served, pinned: string) {
  const among = choices.find(({ planned }) => planned.version === pinned)
  if (among) return among
  const planned = plan.byVersion.get(pinned)
  if (!planned || takes === LATEST || takes?.test(planned.semver) === false) return undefined
  const candidates = candidatesOf(planned)
  if (candidates.length === 0) return undefined
  return { planned, candidates, key: pinned, weight: 1, headers: planned.headers } satisfies Choice
}

function pick(
  { service, rules }: VersionPlan,
  { choices }: Served,
  { sessionId, random }: VersionWish,
): Readonly<{ choice: Choice; by: string }> {
  const [first] = choices
  if (choices.length === 1 && first) {
    const shared = first.planned.weighted && first.key === first.planned.weighted.range
    const of = shared ? ` of ${first.key}` : ''
    return { choice: first, by: `${first.planned.version} is the highest healthy one${of}` }
  }
  const sticky = sessionId !== undefined && rules?.stickiness !== 'none'
  const choice = sticky ? chosenBy(choices, `${service}\0${sessionId}`) : drawn(choices, random)
  // There is at least one choice, by what a served wish is.
  const chosen = choice ?? (first as Choice)
  const sum = choices.reduce((total, { weight }) => total + weight, 0)
  const by = `the share ${chosen.weight} of ${sum} for ${chosen.key} by ${sticky ? 'session' : 'chance'}`
  return { choice: chosen, by }
}

function serve({ planned, candidates, headers, path }: Choice, why: string): VersionDecision {
  const { version } = planned
  const served = { version, candidates, why, pin: version, headers }
  return path ? { type: 'transformed', ...served, path } : { type: 'version', ...served }
}
