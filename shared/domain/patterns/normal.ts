/**
 * Probability that a standard normal value exceeds `z` (z >= 0), to a relative error of 1.2e-7
 * (complementary error function after Press et al., Numerical Recipes, section 6.2).
 */
export function normalTail(z: number): number {
  const x = z / Math.SQRT2
  const t = 1 / (1 + x / 2)
  const series = ERFC.reduceRight((sum, c) => sum * t + c, 0)
  return (t * Math.exp(-x * x + series)) / 2
}

const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
]
