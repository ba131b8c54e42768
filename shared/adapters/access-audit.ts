import { type Denials, denials, GATHER_MS } from '../domain/denials.ts'
import { ownEvent } from '../domain/events/own-event.ts'
import { uuidV7 } from '../domain/events/uuid.ts'
import { errorFields, log } from '../log.ts'
import type { AccessAudit, Refusal } from '../ports/access-audit.ts'
import type { EventLog } from '../ports/event-log.ts'
import { openEventLog } from './event-log.ts'

/** Whoever is refused waits for this at most, once a minute, ms. */
const APPEND_MS = 1_000

type AuditOptions = Readonly<{
  /** The function that refuses, by name. */
  source: string
  now: () => Date
  /** The log, where one is open already. */
  eventLog: () => Promise<Pick<EventLog, 'append'>>
}>

/** The audit trail of refusals on a log that is opened with the first of them. */
export function openAccessAudit(eventLogUrl: string, source: string): AccessAudit {
  let opening: Promise<EventLog> | undefined
  const eventLog = () => {
    opening ??= openEventLog(eventLogUrl)
    return opening
  }
  return accessAudit({ source, now: () => new Date(), eventLog })
}

/** The audit trail of refusals. */
export function accessAudit({ source, now, eventLog }: AuditOptions): AccessAudit {
  const gathered = denials<Refusal>(({ principal, wish }) => ({
    caller: `${principal.kind} ${principal.id}`,
    kind: JSON.stringify(wish),
  }))
  let timer: NodeJS.Timeout | undefined

  async function tell(told: readonly Denials<Refusal>[]): Promise<void> {
    if (told.length === 0) return
    const at = now().getTime()
    try {
      const records = told.map((one) => ownEvent({ ...eventOf(one, at), source }))
      await (await eventLog()).append(records, { timeoutMs: APPEND_MS })
    } catch (error) {
      // Who may not get in is kept out all the same; that it went untold stands in the function's log.
      log('warn', 'access-denied-untold', { source, events: told.length, ...errorFields(error) })
    }
  }

  /** Tells what the minute gathered, also when nobody is refused any more. */
  function later(): void {
    if (timer) return
    timer = setTimeout(() => {
      timer = undefined
      void tell(gathered.due(now().getTime()))
    }, GATHER_MS + 1).unref()
  }

  return {
    async denied(refusal) {
      const told = gathered.add(refusal, now().getTime())
      later()
      await tell(told)
    },
  }
}

function eventOf({ refusal, count, of }: Denials<Refusal>, atMs: number) {
  const { principal, wish, missing } = refusal
  const { kind, id, name, roles } = principal
  return {
    id: uuidV7(atMs),
    type: 'services.lifecycle.access_denied',
    at: atMs * 1_000,
    data: {
      // What they have not in common is that of the first.
      of,
      principal: { kind, id, name },
      wish,
      missing,
      held: roles,
      count,
    },
  }
}
