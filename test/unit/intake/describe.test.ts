import { describe, expect, it } from 'vitest'
import { arrivalClock } from '#shared/domain/events/arrival.ts'
import { describe as described } from '#shared/domain/events/describe.ts'
import type { BridgeEvent, EventAttributes } from '#shared/domain/events/event.ts'
import { uuidV7 } from '#shared/domain/events/uuid.ts'

const event = (type: string, data?: unknown, attributes: EventAttributes = {}): BridgeEvent => ({
  id: '1',
  source: 's',
  type,
  time: '2026-01-01T00:00:00.000Z',
  attributes,
  body: data === undefined ? null : JSON.stringify(data),
})

describe('describing an event that others wrote', () => {
  it.each<[string, unknown, object]>([
    ['hooks.execution.started', {}, { operation: 'hooks.execution.started', phase: 'before' }],
    ['hooks.execution.started', { operation: 'pay', outcome: 'ok' }, { phase: 'before' }],
    ['hooks.execution.completed', { duration_ms: 1.5 }, { outcome: 'ok', durationms: '1.5' }],
    ['hooks.execution.completed', { duration_ms: -1 }, { durationms: undefined }],
    ['hooks.execution.completed', { success: false }, { phase: 'after', outcome: 'error' }],
    ['hooks.execution.completed', { status: 503 }, { outcome: 'error' }],
    ['hooks.execution.completed', { status: 'Cancelled' }, { outcome: 'cancelled' }],
    ['hooks.execution.completed', { error: 'boom' }, { outcome: 'error' }],
    ['hooks.execution.failed', { call_id: 7 }, { outcome: 'error', callid: '7' }],
    ['hooks.execution.failed', { outcome: 'cancelled' }, { outcome: 'cancelled' }],
    ['hooks.execution.recorded', { phase: 'after' }, { phase: 'after' }],
    ['hooks.lifecycle.started', {}, { phase: 'start' }],
    ['hooks.lifecycle.ended', { status: 'ok' }, { phase: 'end', outcome: 'ok' }],
    ['services.lifecycle.started', {}, { phase: 'point' }],
    ['started', undefined, { operation: 'started', phase: 'before' }],
    ['order.paid', [1], { operation: 'order.paid', phase: 'point', outcome: undefined }],
  ])('%s %j is %j', (type, data, expected) => {
    const { attributes } = described(event(type, data))
    for (const [name, value] of Object.entries(expected)) expect(attributes[name]).toBe(value)
  })

  it('keeps what an attribute says and replaces what makes no sense', () => {
    const given = { operation: 'pay', phase: 'moon', outcome: 'great', durationms: 'long' }
    const { attributes } = described(
      event('hooks.execution.failed', { operation: 'x' }, given as EventAttributes),
    )
    expect(attributes).toEqual({ operation: 'pay', phase: 'after', outcome: 'error' })
  })

  it('leaves an event alone that intake has stamped, its payload unread', () => {
    const stamped = event(
      'hooks.execution.completed',
      { operation: 'other' },
      { operation: 'pay', phase: 'after', recordedtime: '2026-01-01T00:00:00.000001Z' },
    )
    expect(described(stamped)).toBe(stamped)
  })

  it('survives a payload that is no JSON', () => {
    const broken = { ...event('order.paid'), body: '{' }
    expect(described(broken).attributes).toEqual({ operation: 'order.paid', phase: 'point' })
  })

  it('cuts an operation that is too long for a key without halving a character', () => {
    const { operation } = described(event('t', { operation: `${'a'.repeat(255)}😀` })).attributes
    expect(operation).toHaveLength(256)
    expect(operation.isWellFormed()).toBe(true)
  })
})

describe('the clock of arrivals', () => {
  it('grows when the time stands still and when it is set back', () => {
    const times = [5.5, 5.5, 3, 6]
    const next = arrivalClock(() => times.shift() ?? 0)
    expect([next(), next(), next(), next()]).toEqual([5_500, 5_501, 5_502, 6_000])
  })
})

describe('an id made by intake', () => {
  it('is a version 7 UUID that tells its millisecond', () => {
    const id = uuidV7(Date.parse('2026-03-01T12:00:00.000Z'))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(1_772_366_400_000)
  })

  it('is never the same twice', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => uuidV7(1))).size).toBe(1_000)
  })
})
