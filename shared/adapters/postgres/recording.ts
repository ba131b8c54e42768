import { searchWords } from '../../domain/recording/event-row.ts'
import type { Recordable } from '../../domain/recording/recordable.ts'
import { pairFresh, pairingNeeds } from '../../domain/sessions/executions.ts'
import { operationChanges } from '../../domain/sessions/operation-changes.ts'
import { sessionChanges } from '../../domain/sessions/session-changes.ts'
import { Failure } from '../../errors.ts'
import type { Position } from '../../ports/event-log.ts'
import type { Recording, RecordingOutcome } from '../../ports/recording.ts'
import { ask, type Sql, type Transaction } from './connect.ts'
import { numberArray, textArray } from './event-array.ts'
import { takeConflicts, takeIdentities } from './event-identity.ts'
import { insertEvents } from './event-insert.ts'
import { eventKinds } from './event-kinds.ts'
import { insertWords } from './event-words.ts'
import { readExecutions, writeExecutions } from './session-executions.ts'
import { addOperations } from './session-operations.ts'
import { lockSessions, upsertSessionSources, upsertSessions } from './session-upsert.ts'

/** Where those who wait for new events listen; the payload is the newest sequence number. */
export const RECORDED_CHANNEL = 'recorded'

/** A batch in one transaction; a function's own time-out is longer. */
const BATCH_TIMEOUT_MS = 20_000

/** SQLSTATE classes that blame a value: data exception, constraint, program limit. */
const REFUSED_VALUE = /^(22|23|54)/

/**
 * Records into schemas `events`, `sessions` and `metrics`. A batch is one transaction: identities
 * first (who records the same event waits here), then the locks of its sessions and what pairing has
 * to know, then all writes in one go, the event counter last.
 */
export function postgresRecording(sql: Sql): Recording {
  const kinds = eventKinds(sql)

  return {
    async record(batch, next, refuse) {
      const recording = async () => {
        const kindOf = await kinds(batch)
        return sql.begin(async (tx) => {
          const { fresh, conflicts } = await takeIdentities(tx, batch)
          const refused = conflicts.length > 0 ? await takeConflicts(tx, conflicts) : []
          if (refused.length > 0) await refuse(refused)
          await write(tx, fresh, next, kindOf)
          return outcomeOf(batch, fresh, conflicts)
        })
      }
      try {
        return await ask(recording() as Promise<RecordingOutcome>, BATCH_TIMEOUT_MS)
      } catch (error) {
        throw blamesValue(error)
          ? new Failure('InvalidInput', `not stored: ${(error as Error).message}`, { cause: error })
          : error
      }
    },
  }
}

const outcomeOf = (
  batch: readonly Recordable[],
  fresh: readonly Recordable[],
  conflicts: readonly Recordable[],
): RecordingOutcome => ({
  recorded: fresh.length,
  known: batch.length - fresh.length - conflicts.length,
  conflicts: conflicts.length,
})

async function write(
  tx: Transaction,
  fresh: readonly Recordable[],
  next: readonly Position[],
  kindOf: (event: Recordable) => number,
): Promise<void> {
  const needs = pairingNeeds(fresh)
  const sessions = new Set([...needs.calls, ...needs.turns].map(({ session }) => session))
  // Sent at once: a statement that is only awaited later would come behind the reads.
  const locked = sessions.size > 0 ? lockSessions(tx, sessions).execute() : undefined
  const [known] = await Promise.all([readExecutions(tx, needs), locked])
  const executions = pairFresh(fresh, known)
  const changed = sessionChanges(fresh, executions)
  const counted = operationChanges(fresh, executions)
  const words = fresh.map(searchWords)
  await Promise.all([
    ...writeExecutions(tx, executions),
    ...(changed.length > 0 ? [upsertSessions(tx, changed), upsertSessionSources(tx, changed)] : []),
    ...(counted.length > 0 ? [addOperations(tx, counted)] : []),
    notePositions(tx, next),
    ...(fresh.length > 0
      ? [insertEvents(tx, fresh, kindOf, words), insertWords(tx, fresh, words), announce(tx)]
      : []),
  ])
}

function notePositions(tx: Transaction, next: readonly Position[]) {
  const sorted = next.toSorted(
    (a, b) => Number(a.topic > b.topic) - Number(a.topic < b.topic) || a.partition - b.partition,
  )
  return tx`
    insert into events.position (topic, partition, next_offset, recorded_at)
    select *, now() from unnest(
      ${textArray(sorted, ({ topic }) => topic)}::text::text[],
      ${numberArray(sorted, ({ partition }) => partition)}::text::integer[],
      ${numberArray(sorted, ({ offset }) => offset)}::text::bigint[])
    on conflict (topic, partition) do update
    set next_offset = excluded.next_offset, recorded_at = excluded.recorded_at`
}

function announce(tx: Transaction) {
  return tx`select pg_notify(${RECORDED_CHANNEL}, latest::text) from events.counter`
}

function blamesValue(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && REFUSED_VALUE.test(code)
}
