import Range from 'semver/classes/range.js'
import SemVer from 'semver/classes/semver.js'
import intersects from 'semver/ranges/intersects.js'

/** Callers choose the text: a longer one is no range. */
const LONGEST_RANGE = 256
const LOWEST = new SemVer('0.0.0')

/** What `Accept-Version` may say beside a range: the highest version there is. */
export const LATEST = 'latest'

/**
 * Reads a range as npm does (`^1.2`, `1.x || >=2.1 <3`, `1.4.0`); a pre-release is in it only where a
 * comparator names one of the same version. undefined when it is none.
 */
export function parseRange(text: string): Range | undefined {
  if (text.length > LONGEST_RANGE) return undefined
  try {
    return new Range(text)
  } catch {
    return undefined
  }
}

export const isRange = (text: string): boolean => text.trim() !== '' && !!parseRange(text)

/** Whether two ranges share a version. */
export const meets = (a: string, b: string): boolean => intersects(a, b)

/**
 * Reads a Semantic Version 2.0.0, also one with a `v` in front; whatever else others register counts
 * as the lowest there is, as one that says no version does.
 */
export function parseVersion(text: string): SemVer {
  try {
    return new SemVer(text, { loose: true })
  } catch {
    return LOWEST
  }
}
