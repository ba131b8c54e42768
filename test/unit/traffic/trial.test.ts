import { describe, expect, it } from 'vitest'
import { seededRandom } from '#commands/demo/random.ts'
import type { RollbackRule } from '#shared/domain/routing/rules.ts'
import { type Arm, emptyArm } from '#shared/domain/traffic/sequential-test.ts'
import { judge } from '#shared/domain/traffic/trial.ts'

const rule: RollbackRule = { range: '^2', falseAlarmRate: 0.05, missRate: 0.05, worseBy: 0.1 }
/** A version as calls go through it: how often it fails, and its times, log-normal. */
type Version = Readonly<{ failing: number; medianMs: number; spread: number }>
const good: Version = { failing: 0.02, medianMs: 40, spread: 0.5 }

const RUNS = 200
const MOST_CALLS = 20_000
/** As a batch of the log has calls. */
const LOOK_EVERY = 20

function withCall(arm: Arm, { failing, medianMs, spread }: Version, next: () => number): Arm {
  const calls = arm.calls + 1
  if (next() < failing) return { ...arm, calls, failures: arm.failures + 1 }
  const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const log = Math.log(medianMs) + spread * normal
  const logSum = arm.logSum + log
  return { ...arm, calls, timed: arm.timed + 1, logSum, logSquares: arm.logSquares + log ** 2 }
}

/** Calls until something is certain. */
function runTrial(canary: Version, baseline: Version, share: number, seed: number) {
  const { next } = seededRandom(seed)
  let arms = { canary: emptyArm, baseline: emptyArm }
  for (let call = 1; call <= MOST_CALLS; call++) {
    arms =
      next() < share
        ? { ...arms, canary: withCall(arms.canary, canary, next) }
        : { ...arms, baseline: withCall(arms.baseline, baseline, next) }
    if (call % LOOK_EVERY > 0) continue
    const { state } = judge(arms.canary, arms.baseline, rule)
    if (state !== 'collecting') return { state, calls: call }
  }
  return { state: 'collecting', calls: MOST_CALLS }
}

function statesOf(canary: Version, share: number, baseline = good) {
  const runs = Array.from({ length: RUNS }, (_, nr) => runTrial(canary, baseline, share, nr + 1))
  const count = (state: string) => runs.filter((run) => run.state === state).length
  const calls = runs.map((run) => run.calls).sort((a, b) => a - b)
  return { worse: count('worse'), good: count('as-good'), medianCalls: calls[RUNS / 2] ?? 0 }
}

describe('a canary, judged after every batch of calls, 200 times', () => {
  it.each([
    { share: 0.5, baseline: good },
    { share: 0.1, baseline: good },
    { share: 0.05, baseline: { ...good, failing: 0.005 } },
    { share: 0.2, baseline: { ...good, failing: 0.3, spread: 1.2 } },
  ])('that is equal is rolled back in at most 5 % ($share of calls)', ({ share, baseline }) => {
    const { worse } = statesOf(baseline, share, baseline)
    expect(worse).toBeLessThanOrEqual(0.05 * RUNS)
  })

  it.each([
    { what: 'fails 10 points more often', canary: { ...good, failing: 0.12 }, share: 0.5 },
    { what: 'fails 10 points more often', canary: { ...good, failing: 0.12 }, share: 0.1 },
    { what: 'is 10 % slower', canary: { ...good, medianMs: 44 }, share: 0.5 },
    { what: 'is 10 % slower', canary: { ...good, medianMs: 44 }, share: 0.1 },
  ])('that $what is missed in at most 5 % ($share of calls)', ({ canary, share }) => {
    const { worse } = statesOf(canary, share)
    expect(RUNS - worse).toBeLessThanOrEqual(0.05 * RUNS)
  })

  it('that is plainly broken is found within a few hundred calls', () => {
    const { worse, medianCalls } = statesOf({ ...good, failing: 0.9 }, 0.1)
    expect(worse).toBe(RUNS)
    expect(medianCalls).toBeLessThanOrEqual(600)
  })

  it('that is better is as good, never worse', () => {
    expect(statesOf({ ...good, medianMs: 30, failing: 0.01 }, 0.5)).toMatchObject({
      worse: 0,
      good: RUNS,
    })
  })
})

describe('a verdict', () => {
  const arm = (calls: number, failures: number): Arm => ({ ...emptyArm, calls, failures })

  it('waits for 50 calls of each version', () => {
    expect(judge(arm(49, 49), arm(1_000, 0), rule)).toEqual({
      state: 'collecting',
      why: '49 of 50 calls of each version',
    })
  })

  it('says what it rests on', () => {
    expect(judge(arm(100, 30), arm(900, 9), rule).why).toBe(
      'it failed 30 of 100 calls, the version beside it 9 of 900',
    )
  })

  it('lets a difference pass that is certain but smaller than half of what is looked for', () => {
    expect(judge(arm(100_000, 2_000), arm(100_000, 1_000), rule).state).toBe('collecting')
  })
})
