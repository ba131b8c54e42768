import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Recordable } from '#shared/domain/recording/recordable.ts'
import {
  type Execution,
  type PairingNeeds,
  pairFresh,
  pairingNeeds,
} from '#shared/domain/sessions/executions.ts'
import { inOrder, pair } from '#shared/domain/sessions/pairing.ts'
import { anEvent, recordablesOf } from '#test/support/recordables.ts'

/** What the database answers: calls by key, of turns what can change and the oldest open ones. */
function read(stored: ReadonlyMap<string, Execution>, { calls, turns }: PairingNeeds) {
  const all = [...stored.values()]
  const isTurn = ({ before, after }: Execution) => (before ?? after)?.callId === null
  return [
    ...calls.flatMap(({ session, key }) => stored.get(session + key) ?? []),
    ...turns.flatMap((turn) => {
      const own = all.filter((execution) => {
        const event = execution.before ?? execution.after
        return (
          isTurn(execution) &&
          execution.session === turn.session &&
          event?.source === turn.source &&
          event.operation === turn.operation
        )
      })
      const later = own.filter(({ after }) => after && after.time >= turn.from)
      const open = own.filter(({ after }) => !after)
      open.sort((a, b) => (a.before?.time ?? 0) - (b.before?.time ?? 0))
      const most = turn.afters + later.length
      const last = open[most - 1]?.before?.time
      return [
        ...later,
        ...(most === 0
          ? []
          : open.filter(({ before }) => last === undefined || (before?.time ?? 0) <= last)),
      ]
    }),
  ]
}

function record(batches: readonly (readonly Recordable[])[]) {
  const stored = new Map<string, Execution>()
  for (const batch of batches) {
    const { gone, came } = pairFresh(batch, read(stored, pairingNeeds(batch)))
    for (const { session, key } of gone) stored.delete(session + key)
    for (const execution of came) stored.set(execution.session + execution.key, execution)
  }
  return stored
}

const events = fc
  .uniqueArray(
    fc.record({
      id: fc.integer({ min: 0, max: 60 }).map(String),
      at: fc.integer({ min: 0, max: 12 }),
      phase: fc.constantFrom('before' as const, 'after' as const),
      callId: fc.option(fc.constantFrom('c1', 'c2')),
      operation: fc.constantFrom('Read', 'Edit'),
      session: fc.option(fc.constantFrom('s1', 's2')),
    }),
    { selector: ({ id }) => id, maxLength: 24 },
  )
  .map((made) =>
    recordablesOf(
      made.map(({ id, at, phase, callId, operation, session }) =>
        anEvent({
          ...{ id, at, arrival: Number(id) },
          attributes: {
            ...{ phase, operation },
            ...(callId ? { callid: callId } : {}),
            ...(session ? { sessionid: session } : {}),
          },
        }),
      ),
    ),
  )

const shape = (executions: Iterable<Pick<Execution, 'before' | 'after'>>) =>
  [...executions].map(({ before, after }) => `${before?.id ?? '-'} ${after?.id ?? '-'}`).sort()

describe('pairing events as they come', () => {
  it('ends with the pairs of the whole set, whatever the order and the batches', () => {
    const split = fc.tuple(events, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 9 }))
    fc.assert(
      fc.property(split, ([all, random, size]) => {
        const shuffled = all
          .map((event) => ({ event, place: random.next().value as number }))
          .sort((a, b) => a.place - b.place)
          .map(({ event }) => event)
        const batches = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
          shuffled.slice(index * size, (index + 1) * size),
        )
        const sessions = Map.groupBy(all.toSorted(inOrder), ({ session }) => session)
        const expected = [...sessions.values()].flatMap((own) => pair(own))
        const stored = record(batches)
        expect(shape(stored.values())).toEqual(shape(expected))
        expect(stored.size).toBe(expected.length)
      }),
      { numRuns: 300 },
    )
  })

  it('changes nothing when an open one stays as it is', () => {
    const [before] = recordablesOf([anEvent({ attributes: { phase: 'before', sessionid: 's1' } })])
    if (!before) throw new Error('no event')
    const { came } = pairFresh([before], [])
    const [late] = recordablesOf([
      anEvent({ id: 'e2', at: 5, attributes: { phase: 'before', sessionid: 's1' } }),
    ])
    if (!late) throw new Error('no event')
    expect(pairFresh([late], came).gone).toEqual([])
  })
})
