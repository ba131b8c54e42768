import type { ListedInstance } from '../discovery/instance.ts'
import type { AnswerHeader } from './decision.ts'
import type { TransformPath } from './transform-path.ts'
import type { PlannedVersion } from './version-plan.ts'

/** A version that a wish may be served by. */
export type Choice = Readonly<{
  planned: PlannedVersion
  candidates: readonly ListedInstance[]
  /** The range whose share it gets; the version itself where no weights decide. */
  key: string
  weight: number
  headers: readonly AnswerHeader[]
  path?: TransformPath
}>

/** `drained`: a weight of 0 took its calls away. */
export type Choices = Readonly<{ open: readonly Choice[]; drained: readonly Choice[] }>

/**
 * Which of some versions, highest first, may serve: one of each range with a share, else the highest
 * that no range holds. Passing instances first, warning ones where no version has a passing one.
 */
export function choose(versions: readonly PlannedVersion[], isLatest: boolean): Choices {
  const open = usable(versions.filter(({ weighted }) => weighted?.weight !== 0))
  const shares = isLatest ? [] : sharesOf(open)
  if (shares.length > 0) return { open: shares, drained: [] }
  const highest = (of: readonly PlannedVersion[]) => of.slice(0, 1).map((one) => choiceOf(one))
  if (open.length > 0) return { open: highest(open), drained: [] }
  return { open: [], drained: highest(usable(versions)) }
}

function usable(versions: readonly PlannedVersion[]): readonly PlannedVersion[] {
  const passing = versions.filter((one) => one.passing.length > 0)
  return passing.length > 0 ? passing : versions.filter((one) => one.warning.length > 0)
}

/** The highest version of each range that has a share. */
function sharesOf(versions: readonly PlannedVersion[]): readonly Choice[] {
  const byRange = new Map<string, Choice>()
  for (const version of versions) {
    const { weighted } = version
    if (!weighted || byRange.has(weighted.range)) continue
    byRange.set(weighted.range, choiceOf(version, weighted.range, weighted.weight))
  }
  return [...byRange.values()]
}

const choiceOf = (planned: PlannedVersion, key = planned.version, weight = 1): Choice => ({
  planned,
  candidates: candidatesOf(planned),
  key,
  weight,
  headers: planned.headers,
})

/** The passing instances of a version; the warning ones where none passes. */
export const candidatesOf = ({ passing, warning }: PlannedVersion): readonly ListedInstance[] =>
  passing.length > 0 ? passing : warning
