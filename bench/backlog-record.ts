import { toRecord } from '#shared/domain/events/record.ts'
import { formatTimeMicros } from '#shared/domain/time.ts'
import { topicOf } from '#shared/domain/topics.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'

const OPERATIONS = ['Read', 'Grep', 'Edit', 'Bash', 'Write', 'Glob', 'Task', 'Fetch'] as const
const SESSION_EVENTS = 50
const PARALLEL_SESSIONS = 200
const STEP_MICROS = 2_000_000

/** How long a backlog lasts by its events' own time, microseconds. */
export const spanMicros = (events: number): number =>
  Math.ceil(events / 2 / PARALLEL_SESSIONS) * STEP_MICROS

/** The record of a hook as intake appends it: a before and its after in turn. */
export function backlogRecord(at: number, startMicros: number): NewRecord {
  const isAfter = at % 2 === 1
  const lane = (at >> 1) % PARALLEL_SESSIONS
  const step = Math.floor((at >> 1) / PARALLEL_SESSIONS)
  const round = Math.floor((step * 2) / SESSION_EVENTS)
  const session = `backlog-${round}-${lane}`
  const operation = OPERATIONS[(step * 7 + lane * (step % 3)) % OPERATIONS.length] ?? 'Read'
  const type = isAfter ? 'hooks.execution.completed' : 'hooks.execution.started'
  const micros =
    startMicros + step * STEP_MICROS + (isAfter ? 200_000 + (at % 97) * 1_000 : 0) + lane
  const durationMs = 200 + (at % 97)
  const data = {
    operation,
    call_id: `call-${at >> 1}`,
    tool_input: { file_path: `/home/user/project/src/file-${at % 300}.ts`, limit: 200 },
    ...(isAfter ? { outcome: 'ok', duration_ms: durationMs } : {}),
  }
  const record = toRecord({
    id: `backlog-${at}`,
    source: `agents/backlog-${lane % 5}`,
    type,
    time: formatTimeMicros(micros),
    attributes: {
      datacontenttype: 'application/json',
      recordedtime: formatTimeMicros(startMicros + at),
      sessionid: session,
      operation,
      phase: isAfter ? 'after' : 'before',
      callid: `call-${at >> 1}`,
      ...(isAfter ? { outcome: 'ok', durationms: String(durationMs) } : {}),
      redacted: '0',
    },
    body: JSON.stringify(data),
  })
  return { topic: topicOf(type), ...record }
}
