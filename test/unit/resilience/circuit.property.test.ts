import fc from 'fast-check'
import { expect, it } from 'vitest'
import { circuit, TRIAL_MS } from '#shared/domain/resilience/circuit.ts'
import { defaultBreakerRules } from '#shared/domain/resilience/rules.ts'
import type { SharedBreaker } from '#shared/domain/resilience/shared-breaker.ts'
import type { Verdict } from '#shared/domain/resilience/verdict.ts'

const verdict = fc.constantFrom<Verdict>('ok', 'fault', 'fault', 'fault', 'abandoned')
const step = fc.oneof(
  fc.record({ kind: fc.constant('enter' as const) }),
  fc.record({ kind: fc.constant('leave' as const), nth: fc.nat(20), verdict }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(40_000) }),
  fc.record({
    kind: fc.constant('told' as const),
    state: fc.constantFrom<SharedBreaker['state']>('closed', 'open', 'half-open'),
    ageMs: fc.integer({ min: -1_000, max: 60_000 }),
    lastsMs: fc.nat(60_000),
  }),
)
const rules = fc.record({
  model: fc.constantFrom<'consecutive' | 'failure-rate'>('consecutive', 'failure-rate'),
  failures: fc.integer({ min: 1, max: 3 }),
  minimumCalls: fc.integer({ min: 1, max: 4 }),
  slowMs: fc.constantFrom(0, 500),
})

it('lets nothing through while open, and one trial at a time when half open', () => {
  const property = fc.property(
    fc.array(step, { maxLength: 200 }),
    rules,
    fc.double({ min: 0, max: 0.999, noNaN: true }),
    (steps, own, random) => {
      let now = 1_000_000
      let lastSince = 0
      let trial: { at: number } | undefined
      let openUntil = 0
      const calls: { permit: number; at: number }[] = []
      const one = circuit({
        rules: { ...defaultBreakerRules, ...own },
        random: () => random,
        onChange(state) {
          expect(state.since).toBeGreaterThan(lastSince)
          if (state.state === 'open') openUntil = state.retryAt
        },
      })
      for (const taken of steps) {
        lastSince = one.state.since
        if (taken.kind === 'wait') now += taken.ms
        if (taken.kind === 'told') {
          const since = now - taken.ageMs
          const before = one.state
          const retryAt = since + taken.lastsMs
          one.takeOver({ state: taken.state, since, retryAt, reason: 'told' }, now)
          // Of two records the later holds, whatever it says.
          expect(one.state.since).toBe(Math.max(before.since, since))
          if (one.state !== before) {
            trial = undefined
            if (one.state.state === 'open') openUntil = Math.min(retryAt, now + taken.lastsMs)
          }
        }
        if (taken.kind === 'enter') {
          const before = one.state
          const blockedUntil = one.blockedUntil(now)
          const permit = one.enter(now)
          expect(permit === undefined).toBe(blockedUntil > 0)
          if (permit === undefined) continue
          if (before.state === 'open') expect(now).toBeGreaterThanOrEqual(openUntil)
          const isTrial = before.state !== 'closed'
          if (isTrial) {
            // Another one may be under way only when it was given up.
            if (trial) expect(now - trial.at).toBeGreaterThanOrEqual(TRIAL_MS)
          }
          const begun = { permit, at: now }
          calls.push(begun)
          if (isTrial) trial = begun
        }
        if (taken.kind === 'leave' && calls.length > 0) {
          const [ended] = calls.splice(taken.nth % calls.length, 1)
          if (!ended) continue
          const before = one.state
          one.leave(ended.permit, taken.verdict, now - ended.at, now)
          // Only the trial under way ends a half-open state, and nothing that ends an open one.
          if (before.state !== 'closed' && ended !== trial) expect(one.state).toBe(before)
          if (ended === trial) trial = undefined
        }
      }
    },
  )
  fc.assert(property, { numRuns: 2_000 })
})
