import { onTestFinished } from 'vitest'
import { eventRecorder } from '#functions/event-recorder/event-recorder.ts'
import { connect, type Sql } from '#shared/adapters/postgres/connect.ts'
import { postgresRecording } from '#shared/adapters/postgres/recording.ts'
import { fromDeadLetter } from '#shared/domain/dead-letter.ts'
import type { BridgeEvent } from '#shared/domain/events/event.ts'
import type { TriggeredRecord } from '#shared/domain/events/trigger.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import { freshDatabase } from './database.ts'
import { recordsOf, triggerOf } from './recordables.ts'

/** A recorder on a database of its own, and what it buried. */
export async function aRecorder(url?: string) {
  const database = url ?? (await freshDatabase())
  const sql = connect(database, { applicationName: 'test-recorder' })
  onTestFinished(() => sql.end())
  const buried: NewRecord[] = []
  const record = eventRecorder({
    recording: postgresRecording(sql),
    deadLetters: {
      append: async (records) => {
        buried.push(...records)
        return []
      },
    },
    now: () => new Date('2026-11-20T12:00:00Z'),
  })
  let offset = 0
  const recordAll = async (records: readonly TriggeredRecord[]) => record(triggerOf(records))
  return {
    sql,
    url: database,
    buried: () => buried.map((letter) => fromDeadLetter(letter)),
    recordAll,
    /** Records events as one batch. */
    record: async (events: readonly BridgeEvent[], topic?: string) => {
      const records = recordsOf(events, { offset, ...(topic ? { topic } : {}) })
      offset += records.length
      return recordAll(records)
    },
  }
}

/** All that depends on the set of events alone, without sequence numbers. */
export async function derivedRows(sql: Sql) {
  return {
    sessions: await sql`select * from sessions.session order by id`,
    sources: await sql`select * from sessions.session_source order by session, source`,
    executions: await sql`select * from sessions.execution order by session, key`,
    operations: await sql`
      select * from metrics.operation where count <> 0 or errors <> 0
      order by step, start, operation, source, bucket`,
    events: await sql`
      select e.id, k.source, e.time, e.recorded_at, e.body from events.event e
      join events.kind k on k.id = e.kind order by 2, 1`,
    blocks: await sql`select sum(last_seq - first_seq + 1) as events from events.word_block`,
    latest: await sql`select latest from events.counter`,
  }
}
