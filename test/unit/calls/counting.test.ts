import { describe, expect, it } from 'vitest'
import { callEvent } from '#shared/domain/calls/call-event.ts'
import { ownEvent } from '#shared/domain/events/own-event.ts'
import { fromRecord } from '#shared/domain/events/record.ts'
import type { TriggeredRecord } from '#shared/domain/events/trigger.ts'
import { observationOf } from '#shared/domain/patterns/observation.ts'
import { toRecordable } from '#shared/domain/recording/recordable.ts'
import { redactor } from '#shared/domain/redaction/redactor.ts'
import { pairFresh, pairingNeeds } from '#shared/domain/sessions/executions.ts'
import { operationChanges } from '#shared/domain/sessions/operation-changes.ts'
import { bucketOf } from '#shared/domain/sketch/ddsketch.ts'
import { aCall } from '#test/support/calls.ts'

const START = Date.parse('2026-11-20T10:00:59.900Z')
const rules = { mode: 'full', maxBodyBytes: 100 } as const
const redact = redactor()

/** A call that ends in the minute after it began, as the recorder and the learner see it. */
function seen(changes: Parameters<typeof aCall>[0] = {}) {
  const call = aCall({
    sessionId: 's1',
    startedAt: START,
    timings: { upstream: 200, total: 250 },
    ...changes,
  })
  const record = ownEvent({
    ...callEvent(call, rules, redact),
    arrival: (call.startedAt + call.timings.total + 20) * 1_000,
  })
  const triggered: TriggeredRecord = { ...record, partition: 0, offset: 0, timestamp: START }
  const recordable = toRecordable(triggered)
  const event = fromRecord(record)
  if (!recordable || !event) throw new Error('no event')
  return { recordable, observation: observationOf(event, triggered) }
}

describe('a call through the proxy', () => {
  it('counts once in the metrics, at its start, with its duration', () => {
    const { recordable } = seen()
    expect(pairingNeeds([recordable])).toEqual({ calls: [], turns: [] })
    const minutes = operationChanges([recordable], pairFresh([recordable], [])).filter(
      ({ stepMinutes }) => stepMinutes === 1,
    )
    expect(minutes).toEqual([
      {
        stepMinutes: 1,
        start: Date.parse('2026-11-20T10:00:00Z') * 1_000,
        operation: 'invoices GET /invoices/{id}',
        source: 'tool-proxy',
        bucket: bucketOf(250_000),
        count: 1,
        errors: 0,
      },
    ])
  })

  it('counts as an error where it failed', () => {
    const { recordable } = seen({ outcome: 'error' })
    const [minute] = operationChanges([recordable], { gone: [], came: [] })
    expect(minute).toMatchObject({ count: 1, errors: 1 })
  })

  it('stands in its session at its start with its duration, before the calls within it', () => {
    const outer = seen().observation
    const inner = seen({ startedAt: START + 10, timings: { upstream: 50, total: 60 } }).observation
    expect(outer).toMatchObject({ phase: 'point', at: START * 1_000, duration: 250_000, call: 0 })
    // The inner one is on the log first.
    expect(inner?.arrival).toBeLessThan(outer?.arrival ?? 0)
    expect(inner?.at).toBeGreaterThan(outer?.at ?? 0)
  })
})
