import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventRecorder } from '#functions/event-recorder/event-recorder.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresRecording } from '#shared/adapters/postgres/recording.ts'
import type { BridgeEvent } from '#shared/domain/events/event.ts'
import { Failure } from '#shared/errors.ts'
import { freshDatabase } from '#test/support/database.ts'
import { anEvent, recordsOf, triggerOf } from '#test/support/recordables.ts'
import { aRecorder, derivedRows } from '#test/support/recorder.ts'

const idsOf = async (sql: Awaited<ReturnType<typeof aRecorder>>['sql']) =>
  (await sql<{ seq: number; id: string }[]>`select seq, id from events.event order by seq`).map(
    ({ seq, id }) => `${seq} ${id}`,
  )

describe('recording events', () => {
  it('numbers them without gaps in the order of the batch', async () => {
    const { sql, record } = await aRecorder()
    expect(await record([anEvent({ id: 'a' }), anEvent({ id: 'b' })])).toEqual({
      batchItemFailures: [],
    })
    await record([anEvent({ id: 'c' })])
    expect(await idsOf(sql)).toEqual(['1 a', '2 b', '3 c'])
  })

  it('counts an event once, within a batch and across batches', async () => {
    const { sql, record, buried } = await aRecorder()
    const event = anEvent({ attributes: { sessionid: 's1' } })
    await record([event, event, anEvent({ id: 'b' })])
    await record([anEvent({ arrival: 9, attributes: { sessionid: 's1' }, at: 9 }), event])
    expect(await idsOf(sql)).toEqual(['1 e1', '2 b'])
    expect(await sql`select events from sessions.session`).toMatchObject([{ events: 1 }])
    expect(buried()).toEqual([])
  })

  it('takes one id of two sources for two events', async () => {
    const { sql, record } = await aRecorder()
    await record([anEvent({ source: 'one' }), anEvent({ source: 'two' })])
    expect(await idsOf(sql)).toHaveLength(2)
  })

  it('buries another content under a known identity, once', async () => {
    const { sql, record, buried } = await aRecorder()
    const [first, other, third] = ['1', '2', '3'].map((body) => anEvent({ body })) as [
      BridgeEvent,
      BridgeEvent,
      BridgeEvent,
    ]
    await record([first, other, other])
    await record([other, third])
    await record([third, first])
    expect(buried().map((letter) => letter?.reason)).toEqual(['conflict', 'conflict'])
    expect(buried().map((letter) => Buffer.from(letter?.original.value ?? []).toString())).toEqual([
      '2',
      '3',
    ])
    expect(await sql`select body from events.event`).toMatchObject([{ body: '1' }])
  })

  it('keeps a conflict for the next delivery when it could not be buried', async () => {
    const { sql, record, url } = await aRecorder()
    await record([anEvent({ body: '1' })])
    const failing = eventRecorder({
      recording: postgresRecording(sql),
      deadLetters: {
        append: () => Promise.reject(new Failure('Unavailable', 'the log is away')),
      },
      now: () => new Date(),
    })
    const batch = [anEvent({ id: 'new' }), anEvent({ body: '2' })]
    await expect(failing(triggerOf(recordsOf(batch)))).rejects.toMatchObject({
      kind: 'Unavailable',
    })
    expect(await idsOf(sql)).toEqual(['1 e1'])
    const again = await aRecorder(url)
    await again.record(batch)
    expect(again.buried()).toHaveLength(1)
    expect(await idsOf(sql)).toEqual(['1 e1', '2 new'])
  })

  it('buries what is no event and records the rest', async () => {
    const { sql, recordAll, buried } = await aRecorder()
    const [good, none, noTime] = recordsOf([
      anEvent({}),
      anEvent({ id: 'x' }),
      { ...anEvent({ id: 'y' }), time: 'yesterday' },
    ])
    if (!good || !none || !noTime) throw new Error('three records were made')
    const { ce_id: _, ...headers } = none.headers
    await recordAll([{ ...none, headers }, good, noTime])
    expect(await idsOf(sql)).toEqual(['1 e1'])
    expect(buried()).toMatchObject([
      { reason: 'malformed', stage: 'event-recorder', origin: { offset: 1 } },
      { reason: 'malformed', stage: 'event-recorder', origin: { offset: 2 } },
    ])
  })

  it('buries a record that the database refuses and records the rest', async () => {
    const { sql, record, buried } = await aRecorder()
    const events = Array.from({ length: 20 }, (_, index) => anEvent({ id: `e${index}` }))
    events[13] = anEvent({ id: 'bad', attributes: { subject: 'a\0b' } })
    events[7] = anEvent({ id: Array.from({ length: 9_000 }, (_, i) => i * 7919).join('x') })
    await record(events)
    expect(await idsOf(sql)).toHaveLength(18)
    expect(buried().map((letter) => letter?.reason)).toEqual(['failed', 'failed'])
    expect(await sql`select next_offset from events.position`).toMatchObject([{ next_offset: 20 }])
  })

  it('throws Unavailable when the database is away', async () => {
    const sql = connect('postgres://nobody@127.0.0.1:1/none', { applicationName: 'test' })
    const record = eventRecorder({
      recording: postgresRecording(sql),
      deadLetters: { append: async () => [] },
      now: () => new Date(),
    })
    await expect(record(triggerOf(recordsOf([anEvent({})])))).rejects.toMatchObject({
      kind: 'Unavailable',
    })
    await sql.end()
  })

  it('records an event whose day has no partition', async () => {
    const { sql, record } = await aRecorder()
    await record([anEvent({ at: -400 * 86_400_000_000 }), anEvent({ id: 'now' })])
    expect(await sql`select id from events.event_other order by id`).toMatchObject([
      { id: 'e1' },
      { id: 'now' },
    ])
  })

  it('tells listeners the newest sequence number', async () => {
    const { sql, record, url } = await aRecorder()
    const listener = connect(url, { applicationName: 'test-listener' })
    const heard = Promise.withResolvers<string>()
    await listener.listen('recorded', heard.resolve)
    await record([anEvent({ id: 'a' }), anEvent({ id: 'b' })])
    expect(await heard.promise).toBe('2')
    await listener.end()
    expect(await sql`select next_offset from events.position`).toMatchObject([{ next_offset: 2 }])
  })
})

describe('recorders side by side', () => {
  it('count each event once and leave no gap', async () => {
    const { sql, url } = await aRecorder()
    const events = Array.from({ length: 60 }, (_, index) =>
      anEvent({
        id: `e${index}`,
        at: index,
        attributes: {
          sessionid: `s${index % 3}`,
          phase: index % 2 === 0 ? 'before' : 'after',
          ...(index % 4 < 2 ? { callid: `c${index >> 1}` } : {}),
        },
      }),
    )
    const recorders = await Promise.all([1, 2, 3].map(() => aRecorder(url)))
    await Promise.all(
      recorders.flatMap(({ record }, turn) => {
        const own = turn === 1 ? events.toReversed() : events
        return [0, 20, 40].map((from) => record(own.slice(from, from + 20)))
      }),
    )
    expect(await sql`select count(*), max(seq), min(seq) from events.event`).toMatchObject([
      { count: 60, max: 60, min: 1 },
    ])
    const alone = await aRecorder()
    await alone.record(events)
    const { executions, sessions, operations } = await derivedRows(sql)
    const expected = await derivedRows(alone.sql)
    expect([...executions]).toEqual([...expected.executions])
    expect([...sessions]).toEqual([...expected.sessions])
    expect([...operations]).toEqual([...expected.operations])
  })
})

describe('what is derived', () => {
  const event = fc
    .record({
      id: fc.integer({ min: 0, max: 30 }).map(String),
      source: fc.constantFrom('agent', 'proxy'),
      at: fc.integer({ min: 0, max: 8 }).map((second) => second * 1_000_000),
      phase: fc.constantFrom('before', 'after', 'start', 'end', 'point'),
      callid: fc.option(fc.constantFrom('c1', 'c2', 'c3')),
      operation: fc.constantFrom('Read', 'Edit'),
      session: fc.option(fc.constantFrom('s1', 's2')),
      outcome: fc.option(fc.constantFrom('ok', 'error')),
      parent: fc.option(fc.constantFrom('p1', 'p2')),
    })
    .map(({ id, source, at, phase, callid, operation, session, outcome, parent }) =>
      anEvent({
        ...{ id, source, at, arrival: Number(id) },
        attributes: {
          ...({ phase, operation } as object),
          ...(callid ? { callid } : {}),
          ...(session ? { sessionid: session } : {}),
          ...(outcome && phase !== 'before' ? { outcome } : {}),
          ...(parent ? { parentsessionid: parent } : {}),
        },
      }),
    )
  const events = fc.uniqueArray(event, {
    selector: ({ id, source }) => `${source} ${id}`,
    minLength: 2,
    maxLength: 24,
  })

  it('depends on the set of events alone: not on order, repetition or batches', async () => {
    const asOwner = () => freshDatabase({ as: 'owner' })
    const inOrder = await aRecorder(await asOwner())
    const shuffled = await aRecorder(await asOwner())
    const clear = (sql: typeof inOrder.sql) =>
      sql.unsafe(`truncate events.event, events.identity, events.conflict, events.word_block,
        events.position, sessions.session, sessions.session_source, sessions.execution,
        metrics.operation; update events.counter set latest = 0`)
    const places = fc.infiniteStream(fc.nat())
    await fc.assert(
      fc.asyncProperty(
        events,
        places,
        fc.integer({ min: 1, max: 7 }),
        async (all, random, size) => {
          await Promise.all([clear(inOrder.sql), clear(shuffled.sql)])
          await inOrder.record(all)
          const twice = [...all, ...all.slice(0, all.length >> 1)]
            .map((one) => ({ one, place: random.next().value as number }))
            .sort((a, b) => a.place - b.place)
            .map(({ one }) => one)
          for (let from = 0; from < twice.length; from += size) {
            await shuffled.record(twice.slice(from, from + size))
          }
          expect(await derivedRows(shuffled.sql)).toEqual(await derivedRows(inOrder.sql))
        },
      ),
      { numRuns: 40, interruptAfterTimeLimit: 15_000 },
    )
  })
})
