import {
  type Condition,
  checkUrl,
  type HealthCheck,
  type Registration,
} from '../../domain/discovery/instance.ts'

/** Told what a check finds. */
export type Report = (condition: Condition, note: string) => void

/** A check that runs. */
export type RunningCheck = Readonly<{
  /** The instance said something itself; undefined where it is asked instead. */
  heard: Report | undefined
  stop(): void
}>

/** Checks an instance until it is stopped. */
export function startCheck(registration: Registration, report: Report): RunningCheck {
  const { check } = registration
  return check.kind === 'ttl'
    ? expectWord(check.ttlMs, report)
    : askAgain(checkUrl(registration, check), check, report)
}

function expectWord(ttlMs: number, report: Report): RunningCheck {
  const expire = () => report('critical', `nothing was heard for ${ttlMs} ms`)
  let timer = setTimeout(expire, ttlMs)
  return {
    heard(condition, note) {
      clearTimeout(timer)
      timer = setTimeout(expire, ttlMs)
      report(condition, note)
    },
    stop: () => clearTimeout(timer),
  }
}

function askAgain(
  url: string,
  { intervalMs, timeoutMs }: Extract<HealthCheck, { kind: 'http' }>,
  report: Report,
): RunningCheck {
  const stopping = new AbortController()
  const look = async () => {
    const { condition, note } = await askHealth(url, timeoutMs)
    if (!stopping.signal.aborted) report(condition, note)
  }
  const timer = setInterval(look, intervalMs)
  return {
    heard: undefined,
    stop() {
      stopping.abort()
      clearInterval(timer)
    },
  }
}

/** Asks once: 2xx is passing, 429 warning, everything else critical. */
async function askHealth(
  url: string,
  timeoutMs: number,
): Promise<{ condition: Condition; note: string }> {
  try {
    const { status, ok } = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    const condition = ok ? 'passing' : status === 429 ? 'warning' : 'critical'
    return { condition, note: `GET ${url}: ${status}` }
  } catch (error) {
    return { condition: 'critical', note: `GET ${url}: ${String(error)}` }
  }
}
