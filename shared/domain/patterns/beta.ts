/** Terms of the continued fraction; it converges long before for what we ask. */
const MAX_TERMS = 300
const EPSILON = 1e-12
const TINY = 1e-300

/** The quantile is looked for within so many standard deviations of the mean, halved so often. */
const REACH = 10
const BISECTIONS = 20

/**
 * Regularised incomplete beta function I_x(a, b): the distribution function of Beta(a, b), by its
 * continued fraction (Press et al., Numerical Recipes, section 6.4).
 */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  )
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction(x, a, b)) / a
    : 1 - (front * continuedFraction(1 - x, b, a)) / b
}

/** The value that a share `q` (0.001..0.999) of Beta(a, b) lies below, to 1e-5 of its spread. */
export function betaQuantile(q: number, a: number, b: number): number {
  const mean = a / (a + b)
  const reach = REACH * Math.sqrt((mean * (1 - mean)) / (a + b + 1))
  let low = Math.max(0, mean - reach)
  let high = Math.min(1, mean + reach)
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2
    if (betaCdf(middle, a, b) < q) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Probability of `errors` or more among `total` when each fails with `rate`. */
export function binomialTail(errors: number, total: number, rate: number): number {
  return errors <= 0 ? 1 : betaCdf(rate, errors, total - errors + 1)
}

function continuedFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m <= MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    result *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    result *= d * c
    if (Math.abs(d * c - 1) < EPSILON) break
  }
  return result
}

function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}

/** Lanczos' approximation (Numerical Recipes, section 6.1), to 2e-10. */
const LANCZOS = [
  76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155,
  0.1208650973866179e-2, -0.5395239384953e-5,
]

function logGamma(x: number): number {
  const base = x + 5.5 - (x + 0.5) * Math.log(x + 5.5)
  const series = LANCZOS.reduce((sum, c, i) => sum + c / (x + 1 + i), 1.000000000190015)
  return -base + Math.log((2.5066282746310007 * series) / x)
}
