import { expect, it, vi } from 'vitest'
import { recordedStream, type StreamRequest } from '#functions/live/stream.ts'
import { Failure } from '#shared/errors.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { aRecordedEvent, eventsInMemory } from '#test/support/reading.ts'

const T0 = Date.parse('2026-01-01T00:00:00Z')
const numbered = (...seqs: number[]) => seqs.map((seq) => aRecordedEvent({ seq, id: `e${seq}` }))

/** A stream over events in memory, each wait of which takes a second of its own clock. */
function aStream(
  kept: RecordedEvent[],
  told: Partial<StreamRequest> = {},
  whileWaiting?: () => void,
) {
  const clock = { nowMs: T0 }
  const memory = eventsInMemory(kept)
  const recording = {
    async after(_seq: number, timeoutMs: number) {
      clock.nowMs += timeoutMs
      whileWaiting?.()
    },
  }
  const stream = recordedStream(
    { events: memory.events, recording, now: () => new Date(clock.nowMs) },
    {
      filter: {},
      after: 0,
      remainingMs: () => 60_000 - (clock.nowMs - T0),
      mayGoOn: async () => true,
      signal: new AbortController().signal,
      ...told,
    },
  )
  return { stream, clock, events: memory.events }
}

async function allOf(stream: AsyncIterable<string>): Promise<string[]> {
  const pieces: string[] = []
  for await (const piece of stream) pieces.push(piece)
  return pieces
}

const idsOf = (pieces: readonly string[]) =>
  pieces.flatMap((piece) => /^id: (\d+)\nevent/.exec(piece)?.[1] ?? [])

it('begins with how soon to come back, then sends what was recorded, in order', async () => {
  const [first, second, third] = await allOf(aStream(numbered(1, 2)).stream)
  expect(first).toBe('retry: 1000\n\n')
  expect(second).toBe(
    `id: 1\nevent: recorded\ndata: ${JSON.stringify(aRecordedEvent({ seq: 1, id: 'e1' }))}\n\n`,
  )
  expect(third).toContain('id: 2\n')
})

it('resumes after an id, without a gap or a repetition, over many reads', async () => {
  const kept = numbered(...Array.from({ length: 300 }, (_, i) => i + 1))
  const { stream } = aStream(kept, { after: 100 })
  expect(idsOf(await allOf(stream))).toEqual(Array.from({ length: 200 }, (_, i) => String(i + 101)))
})

it('sends what is recorded while it runs', async () => {
  const kept = numbered(1)
  const { stream } = aStream(kept, {}, () => {
    const seq = kept.length + 1
    if (seq <= 3) kept.push(aRecordedEvent({ seq, id: `e${seq}` }))
  })
  expect(idsOf(await allOf(stream))).toEqual(['1', '2', '3'])
})

it('keeps a silent connection alive, moving the point from which a client resumes', async () => {
  const others = numbered(1, 2, 3).map((event) => ({ ...event, source: 'other' }))
  const pieces = await allOf(aStream(others, { filter: { source: 'agent' } }).stream)
  expect(idsOf(pieces)).toEqual([])
  const alive = pieces.filter((piece) => piece.startsWith(':'))
  expect(alive).toHaveLength(3)
  expect(alive[0]).toBe(': keep-alive\nid: 3\n\n')
})

it('ends while there is still time for it', async () => {
  const { stream, clock } = aStream([])
  await allOf(stream)
  expect(clock.nowMs - T0).toBe(55_000)
})

it('ends within 5 s of a key being revoked, in silence and in the midst of events', async () => {
  let mayGoOn = true
  const silent = aStream([], { mayGoOn: async () => mayGoOn }, () => {
    mayGoOn = false
  })
  await allOf(silent.stream)
  expect(silent.clock.nowMs - T0).toBeLessThanOrEqual(5_000)

  const busy = aStream(numbered(1, 2, 3, 4, 5), { mayGoOn: async () => false })
  const sent: string[] = []
  for await (const piece of busy.stream) {
    sent.push(piece)
    busy.clock.nowMs += 1_000
  }
  expect(idsOf(sent).length).toBeLessThan(5)
})

it('ends when the caller has left', async () => {
  const caller = new AbortController()
  const { stream, clock } = aStream([], { signal: caller.signal }, () => caller.abort())
  await allOf(stream)
  expect(clock.nowMs - T0).toBe(1_000)
})

it('reads no further than the client takes', async () => {
  const kept = numbered(...Array.from({ length: 500 }, (_, i) => i + 1))
  const { stream, events } = aStream(kept)
  const since = vi.spyOn(events, 'since')
  await stream.next()
  await stream.next()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(since).toHaveBeenCalledTimes(1)
  await stream.return()
})

it('stays open while the database is away and misses nothing', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const { stream, events } = aStream(numbered(1, 2))
  vi.spyOn(events, 'latest').mockRejectedValueOnce(new Failure('Unavailable', 'away'))
  expect(idsOf(await allOf(stream))).toEqual(['1', '2'])
  vi.restoreAllMocks()
})

it('ends with a defect instead of hiding it', async () => {
  const { stream, events } = aStream(numbered(1))
  vi.spyOn(events, 'since').mockRejectedValueOnce(new TypeError('defect'))
  await expect(allOf(stream)).rejects.toThrow('defect')
})
