import type Range from 'semver/classes/range.js'
import { type Choice, candidatesOf, choose } from './choices.ts'
import type { VersionDecision } from './decision.ts'
import { deprecationHeaders } from './deprecation-headers.ts'
import { shortestPaths, type TransformPath } from './transform-path.ts'
import type { PlannedVersion, VersionPlan } from './version-plan.ts'
import { LATEST, meets, parseRange } from './version-range.ts'

/** What a wish leads to, but for session, pin and chance. */
export type WishPlan =
  | Readonly<{
      type: 'served'
      /** Never empty. */
      choices: readonly Choice[]
      /** What a pin must satisfy; undefined where any version will do. */
      takes: Range | typeof LATEST | undefined
      why: string
    }>
  | Readonly<{
      type: 'refused'
      decision: Extract<VersionDecision, { type: 'none' | 'malformed' }>
    }>

/** Versions that an answer lists at most. */
const MOST_LISTED = 100

type Wanted = Readonly<{ text: string; range: Range | undefined; isExplicit: boolean }>

/** Works out what a wish leads to. `text` is `Accept-Version` without spaces around it. */
export function planWish(plan: VersionPlan, text: string): WishPlan {
  const wanted = read(plan, text)
  if (!wanted) {
    const why = `Accept-Version '${text.slice(0, 100)}' is neither a range of versions nor 'latest'`
    return { type: 'refused', decision: { type: 'malformed', wanted: text.slice(0, 100), why } }
  }
  const direct = choose(satisfying(plan, wanted), wanted.text === LATEST && wanted.isExplicit)
  if (direct.open.length > 0) return served(plan, wanted, direct.open)
  const transformed = transform(plan, wanted, 'open')
  if (transformed.length > 0) return served(plan, wanted, transformed)
  // Drained by a weight of 0, but nothing else can serve them.
  if (direct.drained.length > 0) return served(plan, wanted, direct.drained)
  const drained = transform(plan, wanted, 'drained')
  if (drained.length > 0) return served(plan, wanted, drained)
  return { type: 'refused', decision: refuse(plan, wanted) }
}

function read(plan: VersionPlan, text: string): Wanted | undefined {
  const asked = text === '' ? (plan.rules?.defaultVersion ?? LATEST) : text
  const isExplicit = text !== ''
  if (asked.toLowerCase() === LATEST) return { text: LATEST, range: undefined, isExplicit }
  const range = parseRange(asked)
  return range && { text: asked, range, isExplicit }
}

/** Pre-releases are in only where someone named one: the caller, or an operator by its weight. */
function satisfying(
  { versions }: VersionPlan,
  { range, isExplicit }: Wanted,
): readonly PlannedVersion[] {
  if (range) return versions.filter(({ semver }) => range.test(semver))
  return versions.filter(
    ({ semver, weighted }) =>
      semver.prerelease.length === 0 || (!isExplicit && (weighted?.weight ?? 0) > 0),
  )
}

/** What steps between versions lead to, for a caller who speaks a range. */
function transform(
  plan: VersionPlan,
  { text, range }: Wanted,
  which: 'open' | 'drained',
): readonly Choice[] {
  const steps = plan.rules?.transforms ?? []
  if (!range || steps.length === 0) return []
  const choicesIn = (to: string) =>
    choose(satisfying(plan, { text: to, range: parseRange(to), isExplicit: true }), false)[which]
  const paths = shortestPaths(steps, text, (to) => choicesIn(to).length > 0)
  const ends = paths.map((path) => ({ path, choices: choicesIn(path.versions.at(-1) ?? '') }))
  // Of several as short, the one that leads to the highest version.
  const [best] = ends.sort((a, b) => highestOf(b.choices, a.choices))
  if (!best) return []
  const end = plan.rules?.deprecations?.find((one) => spoken(best.path, text, one.range))
  return best.choices.map((choice) => ({
    ...choice,
    path: best.path,
    headers: [
      ['served-version', choice.planned.version],
      // What ends is the version that the caller speaks, not the one that serves it.
      ...(end ? deprecationHeaders(end) : []),
    ],
  }))
}

function highestOf(a: readonly Choice[], b: readonly Choice[]): number {
  const highest = (choices: readonly Choice[]) =>
    choices.map(({ planned }) => planned.semver).sort((x, y) => y.compare(x))[0]
  const [first, second] = [highest(a), highest(b)]
  return first && second ? first.compare(second) : 0
}

const spoken = ({ hops }: TransformPath, wanted: string, deprecated: string): boolean =>
  meets(deprecated, wanted) && meets(deprecated, hops[0]?.[0]?.from ?? wanted)

function served(plan: VersionPlan, wanted: Wanted, choices: readonly Choice[]): WishPlan {
  const takes = wanted.range ?? (wanted.isExplicit ? LATEST : undefined)
  return { type: 'served', choices, takes, why: explain(plan, wanted, choices) }
}

function explain(plan: VersionPlan, wanted: Wanted, choices: readonly Choice[]): string {
  const asked = wanted.isExplicit
    ? `the caller takes ${wanted.text}`
    : plan.rules?.defaultVersion
      ? `the caller asks for no version and the rules say ${wanted.text}`
      : 'the caller asks for no version'
  const [first] = choices
  const path = first?.path
  if (path) return `${asked}, which steps lead to: ${path.versions.join(' -> ')}`
  if (first?.planned.weighted?.weight === 0) return `${asked}, and no other serves it`
  return asked
}

function refuse(plan: VersionPlan, wanted: Wanted): Extract<VersionDecision, { type: 'none' }> {
  const exist = plan.versions.slice(0, MOST_LISTED).map((one) => ({
    version: one.version,
    healthy: candidatesOf(one).length > 0,
  }))
  const anyway = satisfying(plan, wanted)
  const onlyPreReleases = !wanted.range && exist.some(({ healthy }) => healthy)
  if (anyway.length === 0 && exist.length > 0) {
    const why = onlyPreReleases
      ? 'there are only pre-releases, and nobody asked for one'
      : `no version satisfies ${wanted.text}`
    return { type: 'none', fault: 'no-version', wanted: wanted.text, exist, why }
  }
  const why =
    exist.length === 0 ? 'it has no instances' : `no instance of ${wanted.text} is healthy`
  return { type: 'none', fault: 'no-instance', wanted: wanted.text, exist, why }
}
