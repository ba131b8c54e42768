import { type FaultWindow, faultWindow } from './fault-window.ts'
import type { BreakerRules } from './rules.ts'
import { holdsOver, type SharedBreaker } from './shared-breaker.ts'
import type { Verdict } from './verdict.ts'

/** A trial that has not ended after so long is given up: longer than a call may take (API Gateway: 29 s). */
export const TRIAL_MS = 30_000
/** Trials that keep failing double the time it stays open, up to this. */
export const LONGEST_OPEN_MS = 300_000
/** Who goes by another's record tries up to this share of the time later: many must not try together. */
export const SPREAD = 0.5

/** What a call that was let through got: it counts for the state that the circuit had then. */
export type Permit = number

/** How a circuit is. Times in ms since the epoch. */
export type CircuitState = Readonly<Omit<SharedBreaker, 'service' | 'instance'>>

/** Lets calls through while they end well, and later one at a time to find out whether they do again. */
export type Circuit = {
  readonly state: CircuitState
  /** Until when no call gets through; 0: one would now. */
  blockedUntil(nowMs: number): number
  /** Lets a call through, which has to `leave` then, or answers undefined. */
  enter(nowMs: number): Permit | undefined
  leave(permit: Permit, verdict: Verdict, latencyMs: number, nowMs: number): void
  /** Goes by what another environment says, if that is later. */
  takeOver(shared: CircuitState, nowMs: number): void
  setRules(rules: BreakerRules): void
}

export type CircuitOptions = Readonly<{
  rules: BreakerRules
  /** 0 to 1 */
  random: () => number
  /** Told of each change that calls made, within `enter` and `leave`. */
  onChange: (state: CircuitState) => void
  /** What trials that keep failing lengthen the time to, ms; left out: five minutes. */
  longestOpenMs?: number
  /** Whether faults are reason to open it at all; left out: they are. */
  mayOpen?: (nowMs: number) => boolean
}>

/** Whether an answer took so long that it is no better than a fault. */
export const isSlow = (latencyMs: number, { slowMs }: BreakerRules): boolean =>
  slowMs > 0 && latencyMs > slowMs

/**
 * A circuit breaker (M. Nygard, Release It!, 2nd edition, "Circuit Breaker") with three rules more: one
 * trial at a time when half open, calls from before a change say nothing, and others may tell it what
 * they found out.
 */
export function circuit({ rules, random, onChange, ...options }: CircuitOptions): Circuit {
  const { longestOpenMs = LONGEST_OPEN_MS, mayOpen } = options
  let current: CircuitState = { state: 'closed', since: 0, retryAt: 0, reason: '' }
  /** Grows with each change and each trial. */
  let era: Permit = 0
  /** Of an open one, until it may be tried; of a half-open one, until the trial under way is given up. */
  let blocked = 0
  let openForMs = rules.openMs
  /** The record of another environment that the trial here was put off for. */
  let yieldedTo = 0
  let faultsInARow = 0
  let recent: FaultWindow | undefined

  function become(next: CircuitState, until: number) {
    current = next
    era += 1
    blocked = until
    faultsInARow = 0
    recent?.clear()
  }

  function change(state: CircuitState['state'], reason: string, nowMs: number, lastsMs = 0) {
    // Later than what it follows, whichever clock that was of.
    const since = Math.max(Math.round(nowMs), current.since + 1)
    const until = state === 'closed' ? 0 : Math.ceil(nowMs + lastsMs)
    become({ state, since, retryAt: until, reason }, until)
    onChange(current)
  }

  function open(reason: string, nowMs: number, forMs: number) {
    openForMs = forMs
    change('open', reason, nowMs, forMs)
  }

  const longerMs = () => Math.min(Math.max(openForMs * 2, rules.openMs), mostMs())
  const mostMs = () => Math.max(longestOpenMs, rules.openMs)

  function blockedUntil(nowMs: number): number {
    return blocked > nowMs ? blocked : 0
  }

  /** Opened here as well, at about the same time: whoever is known for it tries first. */
  function isAlike({ state, since, retryAt }: CircuitState, nowMs: number): boolean {
    const isBoth = state === 'open' && current.state === 'open'
    return isBoth && since !== current.since && since !== yieldedTo && retryAt > nowMs
  }

  function reasonToOpen(nowMs: number): string | undefined {
    if (rules.model === 'consecutive') {
      return faultsInARow >= rules.failures ? `${faultsInARow} faults in a row` : undefined
    }
    const calls = recent?.calls(nowMs) ?? 0
    const faults = recent?.faults(nowMs) ?? 0
    const isReason = calls >= rules.minimumCalls && faults >= rules.failureRate * calls
    return isReason ? `${faults} faults in ${calls} calls` : undefined
  }

  function count(isFault: boolean, nowMs: number) {
    faultsInARow = isFault ? faultsInARow + 1 : 0
    if (rules.model === 'failure-rate') {
      recent ??= faultWindow(rules.windowMs)
      recent.add(isFault, nowMs)
    }
    const reason = isFault ? reasonToOpen(nowMs) : undefined
    if (reason && (mayOpen?.(nowMs) ?? true)) open(reason, nowMs, rules.openMs)
  }

  function endTrial(verdict: Verdict, slow: boolean, nowMs: number) {
    // One that says nothing leaves the place to the next.
    if (verdict === 'abandoned') blocked = 0
    else if (verdict === 'fault') open('the trial failed', nowMs, longerMs())
    else if (slow) open('the trial was slow', nowMs, longerMs())
    else change('closed', 'the trial went well', nowMs)
  }

  return {
    get state() {
      return current
    },
    blockedUntil,

    enter(nowMs) {
      if (current.state === 'closed') return era
      if (blockedUntil(nowMs) > 0) return undefined
      if (current.state === 'open') change('half-open', current.reason, nowMs, TRIAL_MS)
      else era += 1
      blocked = nowMs + TRIAL_MS
      return era
    },

    leave(permit, verdict, latencyMs, nowMs) {
      if (permit !== era) return
      const slow = isSlow(latencyMs, rules)
      if (current.state === 'half-open') endTrial(verdict, slow, nowMs)
      else if (verdict !== 'abandoned') count(verdict === 'fault' || slow, nowMs)
    },

    takeOver(shared, nowMs) {
      if (shared.state === 'closed') {
        if (holdsOver(shared, current)) become(shared, 0)
        return
      }
      const isLater = holdsOver(shared, current)
      if (!isLater && !isAlike(shared, nowMs)) return
      const lastsMs = Math.min(Math.max(0, shared.retryAt - shared.since), mostMs())
      // Not longer than if it had begun now: its clock may be ahead of ours.
      const until = Math.min(shared.retryAt, nowMs + lastsMs) + random() * SPREAD * lastsMs
      yieldedTo = shared.since
      if (shared.state === 'open') openForMs = lastsMs
      if (isLater) become(shared, until)
      else blocked = Math.max(blocked, until)
    },

    setRules(next) {
      if (next.windowMs !== rules.windowMs) recent = undefined
      rules = next
    },
  }
}
