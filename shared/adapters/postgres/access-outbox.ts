import { ownEvent } from '../../domain/events/own-event.ts'
import type { AuditOutbox } from '../../ports/access-rights.ts'
import type { EventLog } from '../../ports/event-log.ts'
import { ask, type Sql } from './connect.ts'

const BATCH = 100
// Any number serves, as long as no other tool of the database takes the same one.
const DRAIN_LOCK = 4_206_900_007
/** Who changes access waits for this at most, and its entries stay due, ms. */
const APPEND_MS = 2_000

type Row = { entry: number; id: string; type: string; at: Date; data: string }

/** Brings the audit trail of the schema `access` to the event log; one at a time, so in order. */
export function postgresAuditOutbox(sql: Sql, log: Pick<EventLog, 'append'>): AuditOutbox {
  async function drainBatch(): Promise<number> {
    return ask(
      sql.begin(async (tx) => {
        const [turn] = await tx<{ ours: boolean }[]>`
          select pg_try_advisory_xact_lock(${DRAIN_LOCK}) as ours`
        if (!turn?.ours) return 0
        const rows = await tx<Row[]>`
          select entry, id, type, at, data from access.outbox order by entry limit ${BATCH}`
        if (rows.length === 0) return 0
        await log.append(rows.map(toRecord), { timeoutMs: APPEND_MS })
        // Gone only with this transaction: cut short before its end, they are appended once more.
        await tx`delete from access.outbox where entry <= ${rows.at(-1)?.entry ?? 0}`
        return rows.length
      }),
    )
  }

  return {
    async drain() {
      let drained = 0
      for (;;) {
        const count = await drainBatch()
        drained += count
        if (count < BATCH) return drained
      }
    },
  }
}

function toRecord({ id, type, at, data }: Row) {
  const event = { id, source: 'access', type, at: at.getTime() * 1_000 }
  return ownEvent({ ...event, data: JSON.parse(data) as Record<string, unknown> })
}
