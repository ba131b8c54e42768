/** A circuit as function environments tell each other of it. Times in ms since the epoch. */
export type SharedBreaker = Readonly<{
  service: string
  /** The instance's id; `*` is the service as a whole. */
  instance: string
  state: 'closed' | 'open' | 'half-open'
  /** When it came into this state: of two, the later holds. */
  since: number
  /** An open one lets no call through before this; of a half-open one, when its trial is given up. */
  retryAt: number
  /** What opened it, or who reset it. */
  reason: string
}>

/** The name of the circuit of a service as a whole. */
export const WHOLE_SERVICE = '*'

const severity = { closed: 0, 'half-open': 1, open: 2 } as const

/** Whether of two records of one circuit the first holds; of two at once, the more careful one. */
export function holdsOver(
  one: Pick<SharedBreaker, 'state' | 'since'>,
  other: Pick<SharedBreaker, 'state' | 'since'>,
): boolean {
  if (one.since !== other.since) return one.since > other.since
  return severity[one.state] > severity[other.state]
}

/** What a shared record must be made of in a store that others write too; undefined for anything else. */
export function readSharedBreaker(text: string): SharedBreaker | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isSharedBreaker(value) ? value : undefined
}

function isSharedBreaker(value: unknown): value is SharedBreaker {
  if (typeof value !== 'object' || value === null) return false
  const { service, instance, state, since, retryAt, reason } = value as Record<string, unknown>
  return (
    typeof service === 'string' &&
    typeof instance === 'string' &&
    typeof state === 'string' &&
    Object.hasOwn(severity, state) &&
    Number.isSafeInteger(since) &&
    Number.isSafeInteger(retryAt) &&
    typeof reason === 'string'
  )
}
