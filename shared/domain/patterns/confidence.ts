/** One-sided 95 %. */
const Z = 1.6449

/**
 * Lower end of Wilson's score interval (E. B. Wilson, JASA 22, 1927): the share that `share` of
 * `observations` is above with 95 % certainty. 0 without observations; weights may be fractions.
 */
export function wilsonLower(share: number, observations: number): number {
  if (observations <= 0) return 0
  const { middle, half } = wilson(share, observations)
  return Math.max(0, middle - half)
}

/** Upper end of Wilson's score interval; 1 without observations. */
export function wilsonUpper(share: number, observations: number): number {
  if (observations <= 0) return 1
  const { middle, half } = wilson(share, observations)
  return Math.min(1, middle + half)
}

function wilson(share: number, observations: number) {
  const zz = (Z * Z) / observations
  const middle = (share + zz / 2) / (1 + zz)
  const spread = Math.sqrt((share * (1 - share)) / observations + zz / (4 * observations))
  return { middle, half: (Z * spread) / (1 + zz) }
}
