import { rateLimitHeaders } from '#shared/domain/limits/headers.ts'
import { leaseSize, type RateLimitRules, windowOf } from '#shared/domain/limits/rules.ts'
import { throttle } from '#shared/domain/throttle.ts'
import { errorFields, log } from '#shared/log.ts'
import type { Quotas } from '#shared/ports/quotas.ts'

/** Whether a request is within its caller's limit, and what the caller is told. */
export type Taken = Readonly<{
  allowed: boolean
  /** Names and values in turn. */
  headers: readonly string[]
  /** Seconds until asking again can help; 0 where allowed. */
  retryAfterS: number
}>

export type RateLimits = Readonly<{
  /** Counts a request; at once while what was leased lasts. */
  take(principalId: string, service: string, rules: RateLimitRules): Taken | Promise<Taken>
}>

/** What an environment holds of one caller's quota of one service, in one window. */
type Holding = {
  readonly subject: string
  readonly start: number
  readonly windowMs: number
  /** Leased and not used. */
  held: number
  /** What is left beyond that, when last heard. */
  left: number
  leasing: Promise<void> | undefined
}

/** Callers whose quota is remembered; one that is forgotten loses what was leased for it. */
const MOST_HOLDINGS = 10_000

/**
 * Limits that hold over all environments: each draws on the caller's quota in small leases and counts
 * by itself as long as one lasts. While the store is away an environment counts the whole quota for
 * itself: callers are limited more loosely then, not refused.
 */
export function rateLimits(
  { lease }: Pick<Quotas, 'lease'>,
  { nowMs }: Readonly<{ nowMs: () => number }>,
): RateLimits {
  const holdings = new Map<string, Holding>()
  const mayLog = throttle()

  function holdingOf(subject: string, rules: RateLimitRules): Holding {
    const { start } = windowOf(nowMs(), rules.windowMs)
    const found = holdings.get(subject)
    if (found?.start === start && found.windowMs === rules.windowMs) return found
    const { windowMs, requests } = rules
    const made: Holding = { subject, start, windowMs, held: 0, left: requests, leasing: undefined }
    holdings.delete(subject)
    holdings.set(subject, made)
    if (holdings.size > MOST_HOLDINGS) {
      const [oldest = ''] = holdings.keys()
      holdings.delete(oldest)
    }
    return made
  }

  async function draw(holding: Holding, rules: RateLimitRules): Promise<void> {
    const { subject, start: windowStart, windowMs } = holding
    const asked = { subject, windowStart, windowMs, quota: rules.requests }
    try {
      const { granted, left } = await lease({ ...asked, wanted: leaseSize(rules) })
      holding.held += granted
      holding.left = left
    } catch (error) {
      const heldBack = mayLog(nowMs())
      if (heldBack !== undefined)
        log('warn', 'rate-limits-alone', { heldBack, ...errorFields(error) })
      holding.held += holding.left
      holding.left = 0
    }
  }

  function drawOnce(holding: Holding, rules: RateLimitRules): Promise<void> {
    holding.leasing ??= draw(holding, rules).finally(() => {
      holding.leasing = undefined
    })
    return holding.leasing
  }

  function answer(
    { start, windowMs, held, left }: Holding,
    rules: RateLimitRules,
    allowed: boolean,
  ) {
    const resetMs = Math.max(start + windowMs - nowMs(), 0)
    return {
      allowed,
      headers: rateLimitHeaders(rules, held + left, resetMs),
      retryAfterS: allowed ? 0 : Math.max(Math.ceil(resetMs / 1_000), 1),
    }
  }

  function use(holding: Holding, rules: RateLimitRules): Taken {
    holding.held -= 1
    // The next lease is on its way before this one is used up.
    if (holding.held === 0 && holding.left > 0) void drawOnce(holding, rules)
    return answer(holding, rules, true)
  }

  async function wait(subject: string, rules: RateLimitRules): Promise<Taken> {
    for (;;) {
      const holding = holdingOf(subject, rules)
      if (holding.held > 0) return use(holding, rules)
      if (holding.left === 0 && !holding.leasing) return answer(holding, rules, false)
      await drawOnce(holding, rules)
    }
  }

  return {
    take(principalId, service, rules) {
      const subject = `${service} ${principalId}`.slice(0, 512)
      const holding = holdingOf(subject, rules)
      if (holding.held > 0) return use(holding, rules)
      if (holding.left === 0 && !holding.leasing) return answer(holding, rules, false)
      return wait(subject, rules)
    },
  }
}
