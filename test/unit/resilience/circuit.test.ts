import { beforeEach, describe, expect, it } from 'vitest'
import {
  type Circuit,
  type CircuitState,
  circuit,
  TRIAL_MS,
} from '#shared/domain/resilience/circuit.ts'
import { type BreakerRules, defaultBreakerRules } from '#shared/domain/resilience/rules.ts'
import type { Verdict } from '#shared/domain/resilience/verdict.ts'
import { seeded } from '#test/support/resilience.ts'

const START = 1_000_000
const { openMs } = defaultBreakerRules
let changes: CircuitState[]

function aCircuit(rules: Partial<BreakerRules> = {}, random = () => 0): Circuit {
  return circuit({
    rules: { ...defaultBreakerRules, ...rules },
    random,
    onChange: (state) => changes.push(state),
  })
}

/** A call from begin to end; answers whether it was let through. */
function call(one: Circuit, verdict: Verdict, nowMs = START, latencyMs = 5): boolean {
  const permit = one.enter(nowMs)
  if (permit !== undefined) one.leave(permit, verdict, latencyMs, nowMs + latencyMs)
  return permit !== undefined
}

const fail = (one: Circuit, times: number, nowMs = START) => {
  for (let n = 0; n < times; n++) call(one, 'fault', nowMs)
}

const states = () => changes.map(({ state }) => state)

beforeEach(() => {
  changes = []
})

describe('counting faults in a row', () => {
  it('opens with the fifth', () => {
    const one = aCircuit()
    fail(one, 4)
    expect(one.state.state).toBe('closed')
    fail(one, 1)
    expect(changes).toEqual([
      {
        state: 'open',
        since: START + 5,
        retryAt: START + 5 + openMs,
        reason: '5 faults in a row',
      },
    ])
  })

  it('begins anew after a success', () => {
    const one = aCircuit()
    for (let n = 0; n < 100; n++) {
      fail(one, 4)
      call(one, 'ok')
    }
    expect(changes).toEqual([])
  })

  it('does not count what says nothing', () => {
    const one = aCircuit()
    for (let n = 0; n < 100; n++) call(one, 'abandoned')
    fail(one, 4)
    call(one, 'abandoned')
    expect(changes).toEqual([])
    fail(one, 1)
    expect(states()).toEqual(['open'])
  })

  it('counts slow answers as faults where rules say what is slow', () => {
    const one = aCircuit({ slowMs: 1_000 })
    for (let n = 0; n < 5; n++) call(one, 'ok', START, 1_000)
    expect(changes).toEqual([])
    for (let n = 0; n < 5; n++) call(one, 'ok', START, 1_001)
    expect(states()).toEqual(['open'])
  })
})

describe('counting the share of faults', () => {
  const rules = { model: 'failure-rate', failureRate: 0.5, minimumCalls: 20 } as const

  it('opens at the share, once there are enough calls', () => {
    const one = aCircuit(rules)
    for (let n = 0; n < 9; n++) {
      call(one, 'ok')
      call(one, 'fault')
    }
    call(one, 'ok')
    expect(changes).toEqual([])
    call(one, 'fault')
    expect(changes).toMatchObject([{ state: 'open', reason: '10 faults in 20 calls' }])
  })

  it('stays closed below the share', () => {
    const one = aCircuit(rules)
    for (let n = 0; n < 1_000; n++) call(one, n % 5 < 2 ? 'fault' : 'ok')
    expect(changes).toEqual([])
  })

  it('forgets what lies longer ago than the window', () => {
    const one = aCircuit(rules)
    fail(one, 19)
    fail(one, 19, START + 31_000)
    expect(changes).toEqual([])
    fail(one, 1, START + 32_000)
    expect(states()).toEqual(['open'])
  })
})

describe('open', () => {
  it('lets nothing through before its time, then one', () => {
    const one = aCircuit()
    fail(one, 5)
    const { retryAt } = one.state
    expect(one.blockedUntil(retryAt - 1)).toBe(retryAt)
    expect(one.enter(retryAt - 1)).toBeUndefined()
    expect(one.enter(retryAt)).toBeDefined()
    expect(one.enter(retryAt)).toBeUndefined()
    expect(states()).toEqual(['open', 'half-open'])
  })

  it('does not count results of calls from before', () => {
    const one = aCircuit()
    const early = [one.enter(START), one.enter(START), one.enter(START)]
    fail(one, 5)
    const { retryAt } = one.state
    one.leave(early[0] ?? 0, 'ok', 5, START)
    one.enter(retryAt)
    one.leave(early[1] ?? 0, 'ok', 5, retryAt)
    expect(one.state.state).toBe('half-open')
    one.leave(early[2] ?? 0, 'fault', 5, retryAt)
    expect(one.state.state).toBe('half-open')
  })
})

describe('half open', () => {
  function halfOpen(rules: Partial<BreakerRules> = {}) {
    const one = aCircuit(rules)
    fail(one, 5)
    const at = one.state.retryAt
    const permit = one.enter(at) ?? 0
    changes = []
    return { one, at, permit }
  }

  it('closes when the trial goes well', () => {
    const { one, at, permit } = halfOpen()
    one.leave(permit, 'ok', 5, at + 5)
    expect(changes).toMatchObject([{ state: 'closed', reason: 'the trial went well' }])
    fail(one, 4, at + 10)
    expect(one.state.state).toBe('closed')
  })

  it('opens for twice as long each time that a trial fails, up to five minutes', () => {
    const { one, at, permit } = halfOpen()
    one.leave(permit, 'fault', 5, at)
    for (let n = 0; n < 5; n++) call(one, 'fault', one.state.retryAt)
    const lasted = changes.filter(({ state }) => state === 'open').map((s) => s.retryAt - s.since)
    expect(lasted.map((ms) => Math.round(ms / 1_000))).toEqual([60, 120, 240, 300, 300, 300])
  })

  it('opens when the trial is slow', () => {
    const { one, at, permit } = halfOpen({ slowMs: 100 })
    one.leave(permit, 'ok', 101, at + 101)
    expect(changes).toMatchObject([{ state: 'open', reason: 'the trial was slow' }])
  })

  it('leaves the place to the next when the trial says nothing', () => {
    const { one, at, permit } = halfOpen()
    one.leave(permit, 'abandoned', 5, at + 5)
    const next = one.enter(at + 6)
    expect(next).toBeDefined()
    expect(one.enter(at + 6)).toBeUndefined()
    expect(changes).toEqual([])
  })

  it('gives up a trial that never ends, and does not count it when it ends after all', () => {
    const { one, at, permit } = halfOpen()
    expect(one.enter(at + TRIAL_MS - 1)).toBeUndefined()
    const next = one.enter(at + TRIAL_MS)
    expect(next).toBeDefined()
    one.leave(permit, 'fault', TRIAL_MS + 5, at + TRIAL_MS + 5)
    expect(one.state.state).toBe('half-open')
    one.leave(next ?? 0, 'ok', 5, at + TRIAL_MS + 10)
    expect(one.state.state).toBe('closed')
  })
})

describe('what other environments say', () => {
  const open: CircuitState = { state: 'open', since: START, retryAt: START + openMs, reason: 'x' }

  it('opens it at once, and tells nobody again', () => {
    const one = aCircuit()
    one.takeOver(open, START + 300)
    expect(one.state).toEqual(open)
    expect(one.enter(START + 301)).toBeUndefined()
    expect(changes).toEqual([])
  })

  it('spreads the trials of those who took it over', () => {
    const untils = [0, 0.5, 0.999].map((random) => {
      const one = aCircuit({}, () => random)
      one.takeOver(open, START + 300)
      return one.blockedUntil(START + 300) - START
    })
    expect(untils.map(Math.round)).toEqual([30_000, 37_500, 44_985])
  })

  it('lets a thousand environments try less than a hundred times in the first second', () => {
    const random = seeded(3)
    const due = Array.from({ length: 1_000 }, () => {
      const one = aCircuit({}, random)
      one.takeOver(open, START + 300)
      return one.blockedUntil(START + 300) - open.retryAt
    })
    const inFirstSecond = due.filter((ms) => ms < 1_000).length
    expect(inFirstSecond).toBeGreaterThan(30)
    expect(inFirstSecond).toBeLessThan(100)
  })

  it('spreads the trial too where it was opened at about the same time', () => {
    let random = 0.5
    const one = aCircuit({}, () => random)
    fail(one, 5, START + 200)
    const own = one.state
    one.takeOver(open, START + 300)
    expect(one.state).toEqual(own)
    expect(one.blockedUntil(START + 300)).toBe(START + 37_500)
    random = 0.9
    one.takeOver(open, START + 400)
    expect(one.blockedUntil(START + 400)).toBe(START + 37_500)
  })

  it('leaves the own trial where it is, told of what it said itself', () => {
    const one = aCircuit({}, () => 0.5)
    fail(one, 5)
    const until = one.blockedUntil(START + 300)
    one.takeOver(one.state, START + 300)
    expect(one.blockedUntil(START + 300)).toBe(until)
  })

  it('holds back while another environment tries', () => {
    const one = aCircuit()
    one.takeOver(open, START)
    const trial: CircuitState = {
      ...open,
      state: 'half-open',
      since: START + openMs,
      retryAt: START + openMs + TRIAL_MS,
    }
    one.takeOver(trial, START + openMs + 100)
    expect(one.enter(START + openMs + 200)).toBeUndefined()
    one.takeOver({ state: 'closed', since: trial.since + 50, retryAt: 0, reason: '' }, START)
    expect(one.enter(START + openMs + 300)).toBeDefined()
  })

  it('does not take over what is older', () => {
    const one = aCircuit()
    fail(one, 5)
    const { state } = one
    one.takeOver({ state: 'closed', since: START - 1, retryAt: 0, reason: '' }, START + 10)
    expect(one.state).toBe(state)
  })

  it('closes by an operator, and counts from the beginning', () => {
    const one = aCircuit()
    fail(one, 5)
    one.takeOver({ state: 'closed', since: START + 10, retryAt: 0, reason: 'reset' }, START + 20)
    fail(one, 4, START + 30)
    expect(one.state.state).toBe('closed')
  })

  it('is not kept open by a clock that is ahead, and its next change is later still', () => {
    const ahead = 3_600_000
    const one = aCircuit()
    one.takeOver({ ...open, since: START + ahead, retryAt: START + ahead + openMs }, START)
    expect(one.blockedUntil(START)).toBe(START + openMs)
    call(one, 'ok', START + openMs)
    expect(changes).toMatchObject([
      { state: 'half-open', since: START + ahead + 1, retryAt: START + openMs + TRIAL_MS },
      { state: 'closed', since: START + ahead + 2 },
    ])
  })
})
