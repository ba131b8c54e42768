import { groupCommit } from '../../domain/group-commit.ts'
import { Failure } from '../../errors.ts'
import type { LogRecord } from '../../ports/event-log.ts'
import { ask, type Sql } from './connect.ts'
import type { LogConnection } from './log-connection.ts'
import { type FetchRequest, fetchRecords } from './log-fetch.ts'
import { type KeptPosition, keepPositions } from './log-membership.ts'

/** What the readers of one process ask of the database, many at a time in one round trip. */
export type LogRequests = Readonly<{
  fetch(request: FetchRequest): Promise<readonly LogRecord[]>
  keep(position: KeptPosition): Promise<boolean>
  topicExists(topic: string): Promise<boolean>
  idle(): Promise<void>
}>

/** So many partitions are read at once; the rest waits for the next round trip. */
const MAX_FETCHES = 16
const MAX_KEPT = 500
/** Under load readers share round trips; a fetch that comes alone is sent at once. */
const FETCH_SPACING_MS = 3
/** What a crash repeats is what was read in the meantime. */
const KEEP_SPACING_MS = 20

export function logRequests(connection: LogConnection): LogRequests {
  const limits = {
    maxBytes: Number.POSITIVE_INFINITY,
    maxPendingBytes: Number.POSITIVE_INFINITY,
    deadlineMs: 10_000,
    unavailable: (why: string) => new Failure('Unavailable', `event log: ${why}`),
    now: () => performance.now(),
  }

  async function attempt<T>(work: (client: Sql) => Promise<T>): Promise<T> {
    const client = connection.sql()
    try {
      return await work(client)
    } catch (error) {
      if (error instanceof Failure) connection.replace(client)
      throw error
    }
  }

  const fetches = groupCommit<FetchRequest, readonly LogRecord[]>({
    ...limits,
    maxItems: MAX_FETCHES,
    spacingMs: FETCH_SPACING_MS,
    send: (wanted) => attempt((client) => fetchDistinct(client, wanted)),
  })
  const positions = groupCommit<KeptPosition, boolean>({
    ...limits,
    maxItems: MAX_KEPT,
    spacingMs: KEEP_SPACING_MS,
    send: (done) => attempt((client) => keepPositions(client, done)),
  })

  return {
    async fetch(request) {
      const [records] = await fetches.add([request], 0)
      return records ?? []
    },
    async keep(position) {
      const [kept] = await positions.add([position], 0)
      return kept ?? false
    },
    topicExists: (topic) =>
      attempt(async (client) => {
        const rows = await ask(client`select from log.topic where name = ${topic}`)
        return rows.length > 0
      }),
    async idle() {
      await Promise.all([fetches.idle(), positions.idle()])
    },
  }
}

/** Groups that stand at the same offset of a partition get the same records. */
async function fetchDistinct(client: Sql, wanted: readonly FetchRequest[]) {
  const distinct = new Map<string, FetchRequest>()
  const name = ({ partitionId, from }: FetchRequest) => `${partitionId}:${from}`
  for (const request of wanted) {
    const known = distinct.get(name(request))
    if (!known || known.records < request.records) distinct.set(name(request), request)
  }
  const answers = await fetchRecords(client, [...distinct.values()])
  const byName = new Map([...distinct.keys()].map((key, nr) => [key, answers[nr] ?? []]))
  return wanted.map((request) => byName.get(name(request)) ?? [])
}
