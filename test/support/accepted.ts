import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { eventually, type HttpClient } from './http-client.ts'

/** What became of hooks that were sent. */
export type Ledger = Readonly<{
  /** Ids that were answered with 202. */
  accepted: Set<string>
  /** Statuses of all answers; 0 stands for none (the connection broke or nothing came). */
  statuses: number[]
  /** The longest any answer took, ms. */
  slowestMs: number
}>

type Firing = Readonly<{
  /** Names the sessions and ids; a label is used once. */
  label: string
  count: number
  /** How many are in flight at once. */
  senders: number
  /** Told after every answer. */
  onAnswer?: (ledger: Ledger) => void
  /** Ends before `count` when it becomes true; asked before each hook. */
  until?: (ledger: Ledger) => boolean
}>

const SESSIONS = 16
const OPERATIONS = ['Read', 'Edit', 'Run tests'] as const

/**
 * Sends single hooks, each with an id of its own, whole executions in sessions of their own, and
 * notes which were accepted.
 */
export async function fire(client: HttpClient, firing: Firing): Promise<Ledger> {
  const { ledger, send } = sender(client, firing.label)
  let next = 0
  const sendAll = async () => {
    while (next < firing.count && !firing.until?.(ledger)) {
      await send(next++)
      firing.onAnswer?.(ledger)
    }
  }
  await Promise.all(Array.from({ length: firing.senders }, sendAll))
  return ledger
}

/** Sends as `fire`, `perSecond` hooks a second whatever the answers do, for as long as `during` takes. */
export async function fireSteadily(
  client: HttpClient,
  { label, perSecond }: Readonly<{ label: string; perSecond: number }>,
  during: () => Promise<void>,
): Promise<Ledger> {
  const { ledger, send } = sender(client, label)
  const sent: Promise<void>[] = []
  const started = performance.now()
  const timer = setInterval(() => {
    const due = ((performance.now() - started) / 1_000) * perSecond
    while (sent.length < due) sent.push(send(sent.length))
  }, 5)
  try {
    await during()
  } finally {
    clearInterval(timer)
    await Promise.all(sent)
  }
  return ledger
}

function sender(client: HttpClient, label: string) {
  const ledger = { accepted: new Set<string>(), statuses: [] as number[], slowestMs: 0 }
  const send = async (at: number) => {
    const started = performance.now()
    const event = {
      id: `${label}-${at}`,
      source: 'test/fire',
      type: 'hooks.execution.recorded',
      session: `${label}-${at % SESSIONS}`,
      data: { operation: OPERATIONS[at % OPERATIONS.length], filler: 'x'.repeat(200) },
    }
    const status = await client.post('/hooks', event).then(
      (answer) => answer.status,
      () => 0,
    )
    ledger.slowestMs = Math.max(ledger.slowestMs, performance.now() - started)
    ledger.statuses.push(status)
    if (status === 202) ledger.accepted.add(event.id)
  }
  return { ledger, send }
}

/** How often each id was recorded, over all events of `fire`. */
export async function recordedIds(client: HttpClient): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>()
  for (const { id } of await client.all<RecordedEvent>('/events?source=test/fire')) {
    times.set(id, (times.get(id) ?? 0) + 1)
  }
  return times
}

/** The ids that were accepted and are not recorded exactly once. */
export async function lostOrRepeated(
  client: HttpClient,
  ledgers: readonly Ledger[],
): Promise<readonly string[]> {
  const recorded = await recordedIds(client)
  const accepted = ledgers.flatMap((ledger) => [...ledger.accepted])
  const lost = accepted.filter((id) => !recorded.has(id))
  const repeated = [...recorded].filter(([, times]) => times !== 1).map(([id]) => id)
  return [...lost, ...repeated]
}

/** Waits until everything that was accepted is recorded, once. @throws after `timeoutMs`, with the ids */
export async function allRecordedOnce(
  client: HttpClient,
  ledgers: readonly Ledger[],
  timeoutMs = 60_000,
): Promise<void> {
  let wrong: readonly string[] = []
  const isWell = async () => {
    wrong = await lostOrRepeated(client, ledgers)
    return wrong.length === 0 ? true : undefined
  }
  await eventually('all that was accepted is recorded once', isWell, timeoutMs).catch((error) => {
    const some = wrong.slice(0, 20).join(', ')
    throw new Error(`${wrong.length} are lost or repeated: ${some}`, { cause: error })
  })
}
