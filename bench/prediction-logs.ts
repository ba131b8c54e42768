import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { parseTime } from '#shared/domain/time.ts'

/** One session: what was done, in order, and when (microseconds). */
export type Session = readonly Readonly<{ operation: string; at: number }>[]
export type Log = Readonly<{ name: string; sessions: readonly Session[] }>

/** What a model learns from; `ended` where the session is whole. */
export type Training = readonly Readonly<{ session: Session; ended: boolean }>[]

/** A session to foretell from its step `from` on. */
export type Test = Readonly<{ session: Session; from: number }>

const data = new URL('../../shared/data/', import.meta.url)
const TRAIN_SHARE = 0.8
/** Logs of fewer sessions are split by steps. */
const MIN_SESSIONS = 5

/** The recorded hooks and the event logs; none where ../shared/data is not there. */
export function readLogs(): readonly Log[] {
  return existsSync(data) ? [...recordedLogs(), ...eventLogs()] : []
}

function recordedLogs(): Log[] {
  const folder = new URL('hooks/recorded/', data)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => {
      const sessions = new Map<string, { operation: string; at: number }[]>()
      const lines = readFileSync(new URL(file, folder), 'utf8').trim().split('\n')
      for (const [i, line] of lines.entries()) {
        const { session_id, tool_name } = JSON.parse(line)
        const session = sessions.get(session_id) ?? []
        sessions.set(session_id, session)
        // They carry no time: a second apart, in file order.
        session.push({ operation: tool_name, at: i * 1_000_000 })
      }
      return { name: file.replace('.jsonl', ''), sessions: [...sessions.values()] }
    })
}

function eventLogs(): Log[] {
  return ['running-example', 'receipt'].map((name) => {
    const sessions = new Map<string, { operation: string; at: number }[]>()
    const text = readFileSync(new URL(`event-logs/${name}.csv`, data), 'utf8')
    for (const line of text.trim().split('\n').slice(1)) {
      const [id, operation, time] = line.trim().split(',') as [string, string, string]
      const session = sessions.get(id) ?? []
      sessions.set(id, session)
      session.push({ operation, at: parseTime(time) ?? 0 })
    }
    const ordered = [...sessions.values()].map((session) => session.sort((a, b) => a.at - b.at))
    return { name, sessions: ordered.sort((a, b) => startOf(a) - startOf(b)) }
  })
}

const startOf = (session: Session) => session[0]?.at ?? 0

/** Parts a log: its first 80 % of sessions (or of steps, where it has few sessions) is to learn from. */
export function splitLog(sessions: readonly Session[]): {
  how: string
  train: Training
  tests: readonly Test[]
} {
  if (sessions.length >= MIN_SESSIONS) {
    const cut = Math.floor(sessions.length * TRAIN_SHARE)
    return {
      how: 'sessions',
      train: sessions.slice(0, cut).map((session) => ({ session, ended: true })),
      tests: sessions.slice(cut).map((session) => ({ session, from: 0 })),
    }
  }
  const cut = Math.floor(sessions.reduce((sum, { length }) => sum + length, 0) * TRAIN_SHARE)
  const train: { session: Session; ended: boolean }[] = []
  const tests: Test[] = []
  let seen = 0
  for (const session of sessions) {
    const known = Math.max(0, Math.min(session.length, cut - seen))
    const ended = known === session.length
    if (known > 0) train.push({ session: session.slice(0, known), ended })
    if (!ended) tests.push({ session, from: known })
    seen += session.length
  }
  return { how: 'steps', train, tests }
}
