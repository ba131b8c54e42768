import { describe, expect, it } from 'vitest'
import { routes } from '#functions/insight/schema.ts'
import { call } from '#test/support/api.ts'
import { anInsight } from '#test/support/insight.ts'
import { aPrediction, aRecordedEvent } from '#test/support/reading.ts'

const LIVE_PATH = '2026-01-01T00:00:00.000Z'

/** A URL that each route answers with 200. */
const examples: Readonly<Record<string, { url: string; body?: unknown }>> = {
  'GET /events': { url: '/events' },
  'GET /events/{id}': { url: '/events/e1' },
  'GET /sessions': { url: '/sessions' },
  'GET /sessions/{id}': { url: '/sessions/s1' },
  'GET /patterns': { url: '/patterns' },
  'GET /patterns/{id}': { url: '/patterns/p1' },
  'GET /predictions': { url: '/predictions?session=s1' },
  'POST /predictions': { url: '/predictions', body: { sequence: ['Read'] } },
  'GET /metrics/operations': { url: '/metrics/operations' },
  'GET /graph': { url: '/graph' },
  'GET /lag': { url: '/lag' },
  'GET /livez': { url: '/livez' },
  'GET /readyz': { url: '/readyz' },
  'GET /health': { url: '/health' },
  'GET /openapi.json': { url: '/openapi.json' },
}

describe.each(routes.map((route) => ({ name: `${route.method} ${route.path}`, route })))(
  '$name',
  ({ name, route }) => {
    const example = examples[name] ?? { url: 'missing' }
    const request = { method: route.method, resource: route.path, ...example }

    it('answers what its schema says', async () => {
      const { get, post } = anInsight()
      const answer = example.body
        ? await post(example.url, example.body)
        : await get(example.url, route.path)
      expect(answer.status).toBe(200)
      const said = route.answers[200]
      expect(said.schema.safeParse(answer.body)).toMatchObject({ success: true })
      const mediaType = 'mediaType' in said ? said.mediaType : 'application/json'
      expect(answer.headers['content-type']).toBe(mediaType)
      expect(answer.headers.traceparent).toBeDefined()
    })

    it(`is for ${route.access}`, async () => {
      const answer = await call(anInsight().handler, request)
      expect(answer.status).toBe(route.access === 'public' ? 200 : 401)
    })

    it.runIf(route.method === 'GET')('refuses parameters it does not know', async () => {
      const separator = example.url.includes('?') ? '&' : '?'
      const answer = await anInsight().get(`${example.url}${separator}colour=red`, route.path)
      expect(answer.status).toBe(422)
      expect(answer.body.errors).toContainEqual({
        pointer: '/query/colour',
        detail: 'unknown parameter',
      })
    })
  },
)

describe('events', () => {
  it('are listed by every filter of the contract', async () => {
    const { get, listed } = anInsight()
    const query =
      'topic=t&type=y&source=s&session=x&q=a+b&from=2026-01-01T01:00:00%2B01:00&to=2026-01-01T00:00:00.5Z&limit=7&cursor=c'
    expect((await get(`/events?${query}`)).status).toBe(200)
    expect(listed).toEqual([
      {
        filter: {
          topic: 't',
          type: 'y',
          source: 's',
          session: 'x',
          q: 'a b',
          from: new Date(LIVE_PATH),
          to: new Date('2026-01-01T00:00:00.500Z'),
        },
        page: { limit: 7, cursor: 'c' },
      },
    ])
  })

  it('come 100 at a time unless asked otherwise', async () => {
    const { get, listed } = anInsight()
    await get('/events')
    expect(listed).toEqual([{ filter: {}, page: { limit: 100 } }])
  })

  it.each([
    'limit=0',
    'limit=1001',
    'limit=1.5',
    'limit=',
    'limit=ten',
    'from=yesterday',
    'from=2026-01-01',
    'to=2026-02-30T00:00:00Z',
    'source=',
    'q=%00',
    `q=${'x'.repeat(1_025)}`,
  ])('refuse %s', async (query) => {
    const { status, body } = await anInsight().get(`/events?${query}`)
    expect(status).toBe(422)
    expect(body.errors[0].pointer).toBe(`/query/${query.split('=')[0]}`)
  })

  it('are found by id, with their source where two use one id', async () => {
    const kept = [aRecordedEvent(), aRecordedEvent({ source: 'other', seq: 2 })]
    const { get } = anInsight({ kept })
    const path = '/events/{id}'
    const ambiguous = await get('/events/e1', path)
    expect(ambiguous.status).toBe(409)
    expect(ambiguous.body.detail).toContain("'agent', 'other'")
    expect((await get('/events/e1?source=other', path)).body).toEqual(kept[1])
    expect((await get('/events/e1?source=third', path)).status).toBe(404)
    expect((await get('/events/e2', path)).status).toBe(404)
  })
})

describe('sessions', () => {
  it('are listed by state and source', async () => {
    const { get, calls } = anInsight()
    await get('/sessions?state=lapsed&source=agent')
    expect(calls).toEqual([{ filter: { state: 'lapsed', source: 'agent' }, page: { limit: 100 } }])
  })

  it.each(['/sessions?state=asleep', '/sessions?session=s1'])('refuse %s', async (url) => {
    expect((await anInsight().get(url)).status).toBe(422)
  })

  it('that nobody knows are 404', async () => {
    expect((await anInsight().get('/sessions/s2', '/sessions/{id}')).status).toBe(404)
  })
})

describe('metrics of operations', () => {
  const to = new Date('2026-01-01T12:00:00Z')
  it.each([
    { query: '', from: '2026-01-01T11:00:00Z', to },
    { query: '?window=15m', from: '2026-01-01T11:45:00Z', to },
    { query: '?window=7d', from: '2025-12-25T12:00:00Z', to },
    { query: '?from=2026-01-01T00:00:00Z', from: LIVE_PATH, to },
    {
      query: '?to=2026-01-01T02:00:00Z&window=90s',
      from: '2026-01-01T01:58:30Z',
      to: new Date('2026-01-01T02:00:00Z'),
    },
  ])('cover the window of "$query"', async ({ query, from, to }) => {
    const { get, calls } = anInsight()
    const { body } = await get(`/metrics/operations${query}`)
    expect(calls).toEqual([{ window: { from: new Date(from), to }, source: undefined }])
    expect(body.window).toEqual({ from: new Date(from).toISOString(), to: to.toISOString() })
  })

  it.each([
    'window=0m',
    'window=1y',
    'window=90d',
    'window=-1h',
    'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
  ])('refuse %s', async (query) => {
    expect((await anInsight().get(`/metrics/operations?${query}`)).status).toBe(422)
  })
})

describe('what was learned', () => {
  it('is listed by every filter of the contract', async () => {
    const { get, calls } = anInsight()
    await get('/patterns?kind=co-use&min_confidence=0.5&state=stale&subject=Read&source=agent')
    expect(calls).toEqual([
      {
        filter: {
          kind: 'co-use',
          min_confidence: 0.5,
          state: 'stale',
          subject: 'Read',
          source: 'agent',
        },
        page: { limit: 100 },
      },
    ])
  })

  it.each(['kind=habit', 'min_confidence=2', 'min_confidence=high', 'state=new'])(
    'refuses %s',
    async (query) => {
      expect((await anInsight().get(`/patterns?${query}`)).status).toBe(422)
    },
  )

  it('that nobody knows is 404', async () => {
    expect((await anInsight().get('/patterns/p2', '/patterns/{id}')).status).toBe(404)
  })

  it('keeps a graph to a source when asked', async () => {
    const { get, calls } = anInsight()
    await get('/graph')
    await get('/graph?source=agent')
    expect(calls).toEqual([{ graph: undefined }, { graph: 'agent' }])
  })
})

describe('predictions', () => {
  it('follow a session or a sequence, in the scope asked for', async () => {
    const { get, post, calls } = anInsight()
    expect((await get('/predictions?session=s1&source=agent')).body).toEqual(aPrediction)
    const sequence = ['Read', 'Edit']
    expect((await post('/predictions', { sequence, source: 'agent' })).body).toEqual(aPrediction)
    await post('/predictions', { sequence: [] })
    expect(calls).toEqual([
      { session: 's1', source: 'agent' },
      { sequence, source: 'agent' },
      { sequence: [], source: undefined },
    ])
  })

  it.each([
    { what: 'no session', url: '/predictions', status: 422 },
    { what: 'an unknown session', url: '/predictions?session=s2', status: 404 },
  ])('answer $what with $status', async ({ url, status }) => {
    expect((await anInsight().get(url)).status).toBe(status)
  })

  it.each([
    { what: 'no sequence', body: {}, pointer: '/sequence' },
    { what: 'a text for a sequence', body: { sequence: 'Read' }, pointer: '/sequence' },
    { what: 'a number in it', body: { sequence: ['Read', 1] }, pointer: '/sequence/1' },
    { what: 'a NUL in it', body: { sequence: ['a\0'] }, pointer: '/sequence/0' },
    {
      what: 'too long a sequence',
      body: { sequence: Array(1_001).fill('a') },
      pointer: '/sequence',
    },
    { what: 'an unknown member', body: { sequence: [], n: 1 }, pointer: '/n' },
    { what: 'a wrong source', body: { sequence: [], source: 1 }, pointer: '/source' },
  ])('refuse $what', async ({ body, pointer }) => {
    const answer = await anInsight().post('/predictions', body)
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].pointer).toBe(pointer)
  })
})

it('says of each consumer how far it is behind', async () => {
  expect((await anInsight().get('/lag')).body.items).toEqual([
    {
      consumer: 'event-recorder',
      topic: 'hooks.execution',
      partition: 0,
      position: 5,
      end: 10,
      lag: 5,
      oldest_unread_ms: 120,
    },
  ])
})
