import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Graph, Prediction } from '#shared/ports/learned-patterns.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import type { Session } from '#shared/ports/recorded-sessions.ts'
import {
  dataNote,
  hasData,
  listData,
  type RecordedHook,
  readData,
  readJson,
  recordedStreams,
} from '#test/support/hooks-data.ts'
import { type HttpClient, httpClient, settled } from '#test/support/http-client.ts'
import { countGraph, countsOf, executionsOf } from '#test/support/sequences.ts'
import { type System, startSystem } from '#test/support/system.ts'

/** Sessions that are sent side by side; the lines of one follow each other. */
const SENDERS = 8

const hookOf = (line: string) => JSON.parse(line) as RecordedHook

describe.skipIf(!hasData)(`recorded agent hooks${dataNote}`, () => {
  let system: System
  let client: HttpClient
  const bySession = hasData ? linesBySession() : new Map<string, readonly string[]>()
  const executions = executionsOf(
    [...bySession.values()].flat().map((line) => {
      const { session_id, hook_event_name, tool_name = '', tool_use_id } = hookOf(line)
      const phase = hook_event_name === 'PreToolUse' ? 'before' : 'after'
      return { session: session_id, operation: tool_name, phase, callId: tool_use_id }
    }),
  )

  beforeAll(async () => {
    system = await startSystem()
    client = httpClient(system.address, system.key)
    const waiting = [...bySession.values()]
    await Promise.all(
      Array.from({ length: SENDERS }, async () => {
        for (let lines = waiting.pop(); lines; lines = waiting.pop()) {
          for (const line of lines) {
            const { status, body } = await client.post('/hooks/claude-code', line)
            expect(status, JSON.stringify(body)).toBe(200)
            expect(body).toEqual({})
          }
        }
      }),
    )
    await settled(client, 60_000)
  }, 240_000)
  afterAll(() => system.stop())

  it('are stored line by line, each session in its order', async () => {
    for (const [session, lines] of bySession) {
      const events = await client.all<RecordedEvent>(`/events?session=${session}`)
      expect(events.map(({ data }) => data).reverse()).toEqual(
        lines.map((line) => JSON.parse(line)),
      )
    }
  })

  it('make sessions with the right counts', async () => {
    const sessions = await client.all<Session>('/sessions')
    const counted = sessions.map(({ id, events, executions: runs }) => [id, [events, runs]])
    expect(Object.fromEntries(counted)).toEqual(
      Object.fromEntries(
        [...bySession].map(([session, lines]) => [
          session,
          [lines.length, executions.get(session)?.length],
        ]),
      ),
    )
  })

  it('make the graph that plain counting gives', async () => {
    const { body } = await client.get<Graph>('/graph')
    expect(countsOf(body)).toEqual(countGraph(executions))
  })

  it('are predicted truly: the first guess is among what followed most often', async () => {
    const { nodes, edges, ends } = countGraph(executions)
    const frequent = Object.entries(nodes)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 5)
    for (const [operation, count] of frequent) {
      const { status, body } = await client.post<Prediction>('/predictions', {
        sequence: [operation],
      })
      expect(status).toBe(200)
      const total = body.items.reduce((sum, item) => sum + item.probability, 0)
      expect(total + body.nothing_probability).toBeCloseTo(1, 3)

      const followers = Object.entries(edges)
        .filter(([edge]) => edge.startsWith(`${operation} -> `))
        .map(([edge, times]) => [edge.slice(operation.length + 4), times / count] as const)
        .sort(([, a], [, b]) => b - a)
      const [first] = body.items
      const share = followers.find(([name]) => name === first?.operation)?.[1] ?? 0
      expect(share).toBeGreaterThanOrEqual(0.8 * (followers[0]?.[1] ?? 1))
      expect(first?.probability).toBeGreaterThan(share * 0.6)
      expect(first?.probability).toBeLessThan(share * 1.4 + 0.05)
      expect(body.nothing_probability).toBeLessThan((ends[operation] ?? 0) / count + 0.1)
    }
  })

  it('say for a running session what comes next', async () => {
    const [session] = [...bySession].sort(([, a], [, b]) => b.length - a.length)[0] ?? ['']
    const { status, body } = await client.get<Prediction>(`/predictions?session=${session}`)
    expect(status).toBe(200)
    expect(body.items.length).toBeGreaterThan(0)
    expect(body.context_used).toBeGreaterThanOrEqual(1)
    const probabilities = body.items.map(({ probability }) => probability)
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a))
  })

  const documented = hasData
    ? readJson<{ event: string; payload: unknown }[]>('hooks/claude-code-documented.json')
    : []
  it.each(documented)('a documented $event is accepted and kept whole', async ({ payload }) => {
    await expectKept(client, 'claude-code', payload)
  })

  const others = ['claudecode', 'cursor', 'codex'].flatMap((agent) =>
    hasData ? listData(`hooks/${agent}`, '.json').map((file) => ({ agent, file })) : [],
  )
  it.each(others)('$agent $file is accepted and kept whole', async ({ agent, file }) => {
    const source = agent === 'claudecode' ? 'claude-code' : agent
    await expectKept(client, source, JSON.parse(readData(`hooks/${agent}/${file}`)))
  })
})

function linesBySession(): ReadonlyMap<string, readonly string[]> {
  const sessions = new Map<string, string[]>()
  // Names sort a repository's `post` before its `pre`; a before has to come first.
  const streams = [...recordedStreams()].sort(
    (a, b) => Number(a.file.includes('.post.')) - Number(b.file.includes('.post.')),
  )
  for (const line of streams.flatMap(({ lines }) => lines)) {
    const { session_id } = hookOf(line)
    const lines = sessions.get(session_id)
    if (lines) lines.push(line)
    else sessions.set(session_id, [line])
  }
  return sessions
}

/** Sends a payload with a marker that nobody knows, and finds it again as it was. */
async function expectKept(client: HttpClient, source: string, payload: unknown): Promise<void> {
  const marker = `marker-${crypto.randomUUID()}`
  const sent = { ...(payload as object), unknown_field: { nested: [marker, 1, null] } }
  const answer = await client.post(`/hooks/${source}`, sent)
  expect([200, 202], JSON.stringify(answer.body)).toContain(answer.status)
  await settled(client)
  const events = await client.all<RecordedEvent>(`/events?q=${marker}`)
  expect(events.map(({ data, redacted }) => ({ data, redacted }))).toEqual([
    { data: sent, redacted: 0 },
  ])
}
