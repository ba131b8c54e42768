/**
 * How long to wait before a further try, ms: doubling with each failure in a row up to `mostMs`, and
 * spread over half of that, so that many who failed together do not return together.
 *
 * @param failures how many failed in a row, from 1
 * @param random 0 to 1
 */
export function backoffMs(
  failures: number,
  random: number,
  { leastMs = 100, mostMs = 5_000 } = {},
): number {
  const full = Math.min(mostMs, leastMs * 2 ** Math.min(failures - 1, 30))
  return full * (0.5 + random / 2)
}
