import { expect, it } from 'vitest'
import { postgresLearnedPatterns } from '#shared/adapters/postgres/learned-patterns.ts'
import { postgresLearning } from '#shared/adapters/postgres/learning.ts'
import { operationMetrics } from '#shared/adapters/postgres/recorded-operations.ts'
import { callEvent } from '#shared/domain/calls/call-event.ts'
import { defaultCaptureRules } from '#shared/domain/calls/capture-rules.ts'
import type { BridgeEvent } from '#shared/domain/events/event.ts'
import { ownEvent } from '#shared/domain/events/own-event.ts'
import { fromRecord } from '#shared/domain/events/record.ts'
import { observationOf } from '#shared/domain/patterns/observation.ts'
import { redactor } from '#shared/domain/redaction/redactor.ts'
import { aCall } from '#test/support/calls.ts'
import { anEvent, START } from '#test/support/recordables.ts'
import { aRecorder } from '#test/support/recorder.ts'

const redact = redactor()
const MS = 1_000

/** A call of a session that begins and ends so many ms after `START`, as the recorder reads it. */
function callFrom(service: string, begin: number, end: number): BridgeEvent {
  const call = aCall({
    ...{ id: `call-${service}`, service, operation: 'GET /a', sessionId: 's1' },
    startedAt: START / MS + begin,
    timings: { upstream: end - begin, total: end - begin },
  })
  const event = callEvent(call, defaultCaptureRules, redact)
  const read = fromRecord(ownEvent({ ...event, arrival: START + end * MS }))
  if (!read) throw new Error('no event')
  return read
}

const tool = (phase: 'before' | 'after', at: number) =>
  anEvent({
    ...{ id: `tool-${phase}`, type: 'hooks.execution.started', at: at * MS },
    attributes: { sessionid: 's1', operation: 'Bash', phase, callid: 'c1' },
  })

it('an agent whose tool calls a service that calls another: order and durations are right', async () => {
  const recorder = await aRecorder()
  // As they come to the log: what began last has ended first.
  const events = [
    tool('before', 0),
    callFrom('inner', 200, 300),
    callFrom('outer', 100, 400),
    tool('after', 500),
  ]
  await recorder.record(events)
  expect(recorder.buried()).toEqual([])
  const window = { from: new Date(START / MS), to: new Date(START / MS + 1_000) }
  const metrics = await operationMetrics(recorder.sql, window, undefined)
  const known = metrics.map(({ operation, count, p50_ms }) => [
    operation,
    { count, ms: Math.round((p50_ms ?? 0) / 10) * 10 },
  ])
  expect(Object.fromEntries(known)).toEqual({
    Bash: { count: 1, ms: 500 },
    'outer GET /a': { count: 1, ms: 300 },
    'inner GET /a': { count: 1, ms: 100 },
  })

  const observations = events.flatMap((event, offset) => {
    const seen = observationOf(event, { timestamp: START / MS, offset })
    return seen ? [seen] : []
  })
  await postgresLearning(recorder.sql).learn(observations, new Date(START / MS))
  const { nodes, edges } = await postgresLearnedPatterns(recorder.sql).graph()
  expect(nodes.every(({ count }) => count === 1)).toBe(true)
  expect(edges.map(({ from, to }) => `${from} -> ${to}`).toSorted()).toEqual([
    'Bash -> outer GET /a',
    'outer GET /a -> inner GET /a',
  ])
})
