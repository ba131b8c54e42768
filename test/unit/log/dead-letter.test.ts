import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  deadLetterReasons,
  fromDeadLetter,
  fromReplayNote,
  toDeadLetter,
  toReplayNote,
} from '#shared/domain/dead-letter.ts'

const at = new Date('2026-11-24T10:00:00.123Z')

const record = {
  ...{ topic: 'hooks.execution', partition: 2, offset: 41, timestamp: 1_795_000_000_000 },
  ...{ key: 'session-1', value: Buffer.from([0, 255]), headers: { ce_id: 'a' } },
}

const headers = fc.dictionary(
  fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'dlq_reason', 'dlq_kept_dlq_reason', 'dlq_topic', 'ce_id'),
  ),
  fc.oneof(fc.string(), fc.uint8Array()),
  { noNullPrototype: true },
)

describe('a dead letter', () => {
  it('holds the original whole, whatever its headers are called, and what happened to it', () => {
    fc.assert(
      fc.property(
        headers,
        fc.option(fc.uint8Array()),
        fc.option(fc.string()),
        fc.constantFrom(...deadLetterReasons),
        fc.integer({ min: 1, max: 1_000 }),
        (given, value, key, reason, attempt) => {
          const original = { ...record, headers: given, value, key }
          const letter = toDeadLetter(original, { reason, stage: 'event-recorder', attempt, at })
          expect(letter.topic).toBe('dlq.hooks.execution')
          expect(fromDeadLetter(letter)).toEqual({
            ...{ reason, stage: 'event-recorder', attempt, at },
            original: { topic: 'hooks.execution', key, value, headers: given },
            origin: {
              ...{ topic: 'hooks.execution', partition: 2, offset: 41 },
              timestamp: record.timestamp,
            },
          })
        },
      ),
    )
  })

  it('is nothing else: not an event, not one with a reason that does not exist', () => {
    const letter = toDeadLetter(record, { reason: 'failed', stage: 's', attempt: 1, at })
    expect(fromDeadLetter(record)).toBeUndefined()
    for (const [name, value] of [
      ['dlq_reason', 'bored'],
      ['dlq_attempt', 'often'],
      ['dlq_at', 'yesterday'],
      ['dlq_stage', ''],
    ]) {
      const broken = {
        ...letter,
        headers: { ...letter.headers, [name as string]: value as string },
      }
      expect(fromDeadLetter(broken)).toBeUndefined()
    }
  })

  it('is followed by a note once it was put back, which is no dead letter itself', () => {
    const note = toReplayNote('hooks.execution', { partition: 0, offset: 7, at })
    expect(note).toMatchObject({ topic: 'dlq.hooks.execution', key: null, value: null })
    expect(fromReplayNote(note)).toEqual({ partition: 0, offset: 7, at })
    expect(fromDeadLetter(note)).toBeUndefined()
    expect(fromReplayNote(record)).toBeUndefined()
  })
})
