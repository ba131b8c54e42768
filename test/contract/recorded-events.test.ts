import { describe, expect, it } from 'vitest'
import { postgresRecordedEvents } from '#shared/adapters/postgres/recorded-events.ts'
import type { EventFilter, RecordedEvent, RecordedEvents } from '#shared/ports/recorded-events.ts'
import { anEvent, START } from '#test/support/recordables.ts'
import { aRecorder } from '#test/support/recorder.ts'

const ids = (events: readonly RecordedEvent[]) => events.map(({ id }) => id)

async function everyPage(events: RecordedEvents, filter: EventFilter, limit: number) {
  const found: RecordedEvent[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await events.list(filter, { limit, ...(cursor ? { cursor } : {}) })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    found.push(...page.items)
    if (page.next === null) return found
    cursor = page.next
  }
}

async function reading() {
  const recorder = await aRecorder()
  return { ...recorder, events: postgresRecordedEvents(recorder.sql) }
}

describe('reading an event back', () => {
  it("gives a sender's own extension of a stamp's name back under its name and type", async () => {
    const { events, record } = await reading()
    const attributes = { sentoperation: '7', sentphase: 'first', xtypes: 'sentoperation=i' }
    await record([anEvent({ id: 'own', attributes })])
    const [own] = await events.find('own')
    expect(own).toMatchObject({ extensions: { operation: 7, phase: 'first' }, operation: 'Read' })
  })

  it('gives a text with a NUL back as text also where its media type is none of text', async () => {
    const { events, record } = await reading()
    const attributes = { datacontenttype: 'application/x-notes', xtypes: 'data=t' }
    await record([anEvent({ id: 'nul', body: 'a\0b', attributes })])
    expect((await events.find('nul'))[0]?.data).toBe('a\0b')
  })

  it('gives every attribute and the payload as they were sent', async () => {
    const { events, record } = await reading()
    await record([
      anEvent({
        type: 'hooks.execution.completed',
        at: 1_234,
        arrival: 5_678,
        body: '{"a":{"b":[1,"x",null]},"a2":"\\u0000"}',
        attributes: {
          subject: 'file',
          dataschema: 'https://example.org/s',
          sessionid: 's1',
          correlationid: 'co',
          causationid: 'ca',
          traceparent: '00-1-2-01',
          phase: 'after',
          callid: 'c1',
          outcome: 'error',
          durationms: '12.5',
          redacted: '3',
          tenant: 'blue',
          parentsessionid: 'p1',
          count: '5',
          xtypes: 'count=i',
        },
      }),
    ])
    expect(await events.find('e1')).toEqual([
      {
        seq: 1,
        id: 'e1',
        source: 'agent',
        type: 'hooks.execution.completed',
        topic: 'hooks.execution',
        time: '2026-11-20T10:00:00.001Z',
        recorded_at: '2026-11-20T10:00:00.005Z',
        subject: 'file',
        session: 's1',
        operation: 'Read',
        phase: 'after',
        outcome: 'error',
        duration_ms: 12.5,
        call_id: 'c1',
        correlation_id: 'co',
        causation_id: 'ca',
        traceparent: '00-1-2-01',
        datacontenttype: 'application/json',
        dataschema: 'https://example.org/s',
        redacted: 3,
        extensions: { tenant: 'blue', parentsessionid: 'p1', count: 5 },
        data: { a: { b: [1, 'x', null] }, a2: '\0' },
      },
    ])
  })

  it.each([
    {
      what: 'text',
      type: 'text/plain',
      body: 'a "quoted" \\ line\n',
      data: 'a "quoted" \\ line\n',
    },
    { what: 'text with a NUL', type: 'text/plain', body: 'a\0b', data: 'a\0b' },
    { what: 'what only says it is JSON', type: 'application/json', body: '{a', data: '{a' },
    { what: 'a JSON null', type: 'application/json', body: 'null', data: null },
    { what: 'an empty text', type: 'text/plain', body: '', data: '' },
  ])('gives $what', async ({ type, body, data }) => {
    const { events, record } = await reading()
    await record([anEvent({ body, attributes: { datacontenttype: type } })])
    const [event] = await events.find('e1')
    expect(event).toMatchObject({ data })
    expect(event).not.toHaveProperty('data_base64')
  })

  it('gives bytes as base64, and nothing where there is no payload', async () => {
    const { events, record } = await reading()
    const attributes = { datacontenttype: 'application/octet-stream' }
    await record([
      anEvent({ body: new Uint8Array([0, 255, 92, 34]), attributes }),
      anEvent({ id: 'e2', body: null }),
    ])
    expect((await events.find('e1'))[0]).toMatchObject({ data_base64: 'AP9cIg==' })
    const [none] = await events.find('e2')
    expect(none).not.toHaveProperty('data')
    expect(none).not.toHaveProperty('data_base64')
  })

  it('finds an id of several sources, or of the one asked for', async () => {
    const { events, record } = await reading()
    await record([anEvent({ source: 'two' }), anEvent({ source: 'one' })])
    expect((await events.find('e1')).map(({ source }) => source)).toEqual(['one', 'two'])
    expect((await events.find('e1', 'two')).map(({ source }) => source)).toEqual(['two'])
    expect(await events.find('e1', 'three')).toEqual([])
    expect(await events.find('\0')).toEqual([])
  })
})

describe('listing events', () => {
  const made = Array.from({ length: 700 }, (_, index) =>
    anEvent({
      id: `e${index}`,
      source: index % 50 === 0 ? 'rare' : 'agent',
      type: index % 3 === 0 ? 'hooks.execution.started' : 'hooks.custom.seen',
      // Own times go back and forth, and several events share one.
      at: ((index * 37) % 350) * 1_000,
      arrival: index,
      body: JSON.stringify({
        note: `${index % 2 === 0 ? 'even' : 'odd'} Größe ${index % 100 === 7 ? 'needle' : ''}`,
      }),
      attributes: {
        operation: index % 5 === 0 ? 'Edit' : 'Read',
        ...(index % 4 === 0 ? { sessionid: `s${index % 8}` } : {}),
      },
    }),
  )
  const newestFirst = made
    .map((event, index) => ({ event, seq: index + 1 }))
    .sort((a, b) =>
      a.event.time === b.event.time ? b.seq - a.seq : a.event.time < b.event.time ? 1 : -1,
    )
    .map(({ event }) => event)
  const text = (index: number) => made[index]?.body as string
  const has = (event: (typeof made)[number], word: string) =>
    `${event.attributes.operation} ${event.type} ${event.source} ${event.attributes.sessionid} ${event.body}`
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .includes(word)
  const atMs = (ms: number) => new Date(START / 1_000 + ms)
  /** Both ends included, to the millisecond. */
  const isWithin = (time: string, from: number, to: number) => {
    const ms = Date.parse(time) - START / 1_000
    return ms >= from && ms <= to
  }

  const cases: { filter: EventFilter; matches: (event: (typeof made)[number]) => boolean }[] = [
    { filter: {}, matches: () => true },
    { filter: { topic: 'hooks.execution' }, matches: () => true },
    { filter: { type: 'hooks.custom.seen' }, matches: ({ type }) => type === 'hooks.custom.seen' },
    { filter: { source: 'rare' }, matches: ({ source }) => source === 'rare' },
    {
      filter: { source: 'rare', type: 'hooks.execution.started' },
      matches: ({ source, type }) => source === 'rare' && type === 'hooks.execution.started',
    },
    { filter: { session: 's4' }, matches: ({ attributes }) => attributes.sessionid === 's4' },
    {
      filter: { session: 's0', source: 'rare', q: 'even' },
      matches: ({ attributes, source }) => attributes.sessionid === 's0' && source === 'rare',
    },
    {
      filter: { from: atMs(100), to: atMs(120) },
      matches: ({ time }) => isWithin(time, 100, 120),
    },
    { filter: { q: 'needle' }, matches: (event) => has(event, 'needle') },
    { filter: { q: 'ODD größe' }, matches: (event) => has(event, 'odd') },
    {
      filter: { q: 'needle edit' },
      matches: (event) => has(event, 'needle') && has(event, 'edit'),
    },
    {
      filter: { q: 'rare', type: 'hooks.execution.started' },
      matches: (event) => event.source === 'rare' && event.type === 'hooks.execution.started',
    },
    {
      filter: { q: 'even', from: atMs(50), to: atMs(90) },
      matches: (event) => has(event, 'even') && isWithin(event.time, 50, 90),
    },
    { filter: { q: 'need' }, matches: () => false },
    { filter: { q: 'missing' }, matches: () => false },
    { filter: { source: 'nobody' }, matches: () => false },
    { filter: { topic: 'x\0' }, matches: () => false },
  ]

  it('gives exactly what matches, newest first, page by page', async () => {
    expect(text(7)).toContain('needle')
    const { events, record } = await reading()
    for (let from = 0; from < made.length; from += 90) await record(made.slice(from, from + 90))
    for (const { filter, matches } of cases) {
      const expected = newestFirst.filter(matches).map(({ id }) => id)
      for (const limit of [17, 1_000]) {
        const found = await everyPage(events, filter, limit)
        expect(ids(found), JSON.stringify(filter)).toEqual(expected)
      }
    }
  })

  it.each([
    '',
    'x',
    '!!',
    Buffer.from('[1]').toString('base64url'),
    Buffer.from('["a",1]').toString('base64url'),
  ])('refuses the cursor "%s"', async (cursor) => {
    const { events } = await reading()
    await expect(events.list({}, { limit: 10, cursor })).rejects.toMatchObject({
      kind: 'InvalidInput',
    })
  })
})

describe('following what is recorded', () => {
  it('goes on after a sequence number, in that order', async () => {
    const { events, record } = await reading()
    expect(await events.latest()).toBe(0)
    await record([
      anEvent({ id: 'a', at: 9 }),
      anEvent({ id: 'b', source: 'other' }),
      anEvent({ id: 'c', at: 3 }),
    ])
    expect(await events.latest()).toBe(3)
    expect(ids(await events.since(0, {}, 10))).toEqual(['a', 'b', 'c'])
    expect(ids(await events.since(1, {}, 1))).toEqual(['b'])
    expect(ids(await events.since(0, { source: 'agent', q: 'read' }, 10))).toEqual(['a', 'c'])
    expect(await events.since(3, {}, 10)).toEqual([])
  })
})
