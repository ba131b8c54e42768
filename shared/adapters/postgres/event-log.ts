import { performance } from 'node:perf_hooks'
import { groupCommit } from '../../domain/group-commit.ts'
import { partitioner } from '../../domain/key-partition.ts'
import { recordLimit, recordWeight } from '../../domain/record-size.ts'
import { topicLayout } from '../../domain/topic-layout.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log } from '../../log.ts'
import type { EventLog, NewRecord, Position } from '../../ports/event-log.ts'
import { ask, type Sql } from './connect.ts'
import { logConnection } from './log-connection.ts'
import { type PlacedRecord, toSlices } from './log-slices.ts'

/** The port promises an answer within 4 s; the rest is for what a busy event loop adds. */
const DEADLINE_MS = 3_700
/** The server gives up first, so that an abandoned statement holds no lock for long. */
const STATEMENT_TIMEOUT_MS = 3_500
const MAX_GROUP_RECORDS = 2_000
/** About as long as an answered sender on the same machine takes to send its next hook. */
const GATHER_MS = 2
const MAX_GROUP_BYTES = 4 * 1_048_576
const MAX_PENDING_BYTES = 64 * 1_048_576
const RETRY_AFTER_S = 1
/** A server that is not there (yet) is asked again after so long, while there is time. */
const RECONNECT_MS = 100

const APPEND = 'select log.append($1, $2, $3, $4, $5, $6) as appended'

/** Appends to schema `log`: one round trip for everything that came while the last one was away. */
export function postgresEventLog(url: string): EventLog {
  const now = () => performance.now()
  const connection = logConnection(url, {
    applicationName: 'omninode-log',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  const layout = topicLayout(readLayout, now)
  const choose = partitioner(Math.random)
  let closed = false

  const group = groupCommit<PlacedRecord, Position>({
    send,
    now,
    deadlineMs: DEADLINE_MS,
    maxItems: MAX_GROUP_RECORDS,
    gatherMs: GATHER_MS,
    maxBytes: MAX_GROUP_BYTES,
    maxPendingBytes: MAX_PENDING_BYTES,
    unavailable: (why) => unavailable(why),
  })

  async function send(placed: readonly PlacedRecord[], timeLeftMs: number) {
    const { arrays, body, positions } = toSlices(placed)
    const deadline = now() + timeLeftMs
    for (;;) {
      const client = connection.sql()
      try {
        const answer = client.unsafe<{ appended: string }[]>(APPEND, [...arrays, body], {
          prepare: true,
        })
        const [row] = await ask(answer, deadline - now())
        return positions(row?.appended ?? '')
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        connection.replace(client)
        if (!wasNeverSent(error) || deadline - now() < 2 * RECONNECT_MS) {
          throw unavailable(error.message, error)
        }
        await new Promise((done) => setTimeout(done, RECONNECT_MS))
      }
    }
  }

  async function readLayout(): Promise<ReadonlyMap<string, PartitionIds>> {
    const client = connection.sql()
    try {
      return await readPartitions(client)
    } catch (error) {
      connection.replace(client)
      throw error
    }
  }

  async function learn(records: readonly NewRecord[]): Promise<void> {
    await layout.refresh()
    for (const { topic } of records) {
      if (!layout.find(topic)) throw new Failure('NotFound', `topic ${topic} does not exist`)
    }
  }

  function place(record: NewRecord, bytes: number): PlacedRecord {
    const ids = layout.find(record.topic) ?? []
    const partition = choose(record.topic, record.key, ids.length)
    return { record, partition, partitionId: ids[partition] as number, bytes }
  }

  return {
    async append(records, { timeoutMs = DEADLINE_MS } = {}) {
      if (closed) throw unavailable('the log is closed')
      if (records.length === 0) return []
      // Who has less time than the log takes at most begins late, as it were.
      const started = now() - Math.max(0, DEADLINE_MS - timeoutMs)
      const sizes = records.map(checkedSize)
      if (records.some(({ topic }) => !layout.find(topic))) {
        await ask(learn(records), DEADLINE_MS - (now() - started))
      } else if (layout.isOld()) {
        learn([]).catch((error: unknown) => log('warn', 'log.layout-unread', errorFields(error)))
      }
      let bytes = 0
      const placed = records.map((record, nr) => {
        bytes += sizes[nr] as number
        return place(record, sizes[nr] as number)
      })
      return group.add(placed, bytes, now() - started)
    },

    async close() {
      closed = true
      await group.idle()
      await connection.close()
    },
  }
}

/** The ids of a topic's partitions, by partition number. */
type PartitionIds = readonly number[]

async function readPartitions(sql: Sql): Promise<ReadonlyMap<string, PartitionIds>> {
  const rows = await ask(
    sql<{ topic: string; ids: number[] }[]>`
      select topic, array_agg(id order by number) as ids from log.partition group by topic`,
    STATEMENT_TIMEOUT_MS,
  )
  return new Map(rows.map(({ topic, ids }) => [topic, ids]))
}

/** About what a record weighs. @throws `TooLarge` */
function checkedSize(record: NewRecord): number {
  const bytes = recordWeight(record)
  const limit = recordLimit(record.topic)
  if (bytes <= limit) return bytes
  throw new Failure('TooLarge', `a record of ${bytes} bytes; the log takes up to ${limit}`)
}

function unavailable(why: string, cause?: unknown): Failure {
  return new Failure('Unavailable', `event log: ${why}`, { cause, retryAfterS: RETRY_AFTER_S })
}

/** Whether the server never saw the statement: refused, starting, or out of connections. */
function wasNeverSent({ cause }: Failure): boolean {
  const code = (cause as { code?: unknown } | undefined)?.code
  return code === 'ECONNREFUSED' || code === '57P03' || code === '53300'
}
