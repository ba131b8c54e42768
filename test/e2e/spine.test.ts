import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Graph, Pattern, Prediction } from '#shared/ports/learned-patterns.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import type { OperationMetrics } from '#shared/ports/recorded-sessions.ts'
import { type HttpClient, httpClient, settled } from '#test/support/http-client.ts'
import { type System, startSystem } from '#test/support/system.ts'

type Page<T> = Readonly<{ items: readonly T[]; next: string | null }>
describe('the spine', () => {
  let system: System
  let client: HttpClient

  beforeAll(async () => {
    system = await startSystem()
    client = httpClient(system.address, system.key)
  })
  afterAll(() => system.stop())

  describe('learns', () => {
    const SESSIONS = 20

    beforeAll(async () => {
      const start = Date.now() - 3_600_000
      const events = Array.from({ length: SESSIONS }, (_, session) =>
        ['Plan', 'Build', 'Ship'].map((operation, at) => ({
          source: 'test/learning',
          type: 'hooks.execution.recorded',
          session: `learning-${session}`,
          time: new Date(start + session * 60_000 + at * 1_000).toISOString(),
          data: { operation, outcome: operation === 'Ship' ? 'error' : 'ok', duration_ms: 100 },
        })),
      ).flat()
      expect((await client.post('/hooks', events)).status).toBe(202)
      await settled(client)
    })

    it('a graph', async () => {
      const { body } = await client.get<Graph>('/graph?source=test/learning')
      expect(body.nodes).toContainEqual({ operation: 'Plan', count: 20, starts: 20, ends: 0 })
      expect(body.edges.map(({ from, to, count }) => [from, to, count]).sort()).toEqual([
        ['Build', 'Ship', 20],
        ['Plan', 'Build', 20],
      ])
      for (const { p50_ms } of body.edges) expect(p50_ms).toBeCloseTo(1_000, -2)
    })

    it('what comes next', async () => {
      const question = { sequence: ['Plan', 'Build'], source: 'test/learning' }
      const { body } = await client.post<Prediction>('/predictions', question)
      expect(body.items[0]).toMatchObject({ operation: 'Ship', support: SESSIONS })
      expect(body.items[0]?.probability).toBeGreaterThan(0.7)
      expect(body.items[0]?.confidence).toBeGreaterThan(0.5)
    })

    it('patterns, with confidence and evidence', async () => {
      const { body } = await client.get<Page<Pattern>>(
        '/patterns?kind=failure&source=test/learning',
      )
      const failing = body.items.find(({ subject }) => subject === 'Ship')
      expect(failing).toMatchObject({ kind: 'failure', support: SESSIONS })
      expect(failing?.confidence).toBeGreaterThan(0.5)
      const { body: same } = await client.get<Pattern>(`/patterns/${failing?.id}`)
      expect(same).toEqual(failing)
    })

    it('how long operations take and how often they fail', async () => {
      const { body } = await client.get<Page<OperationMetrics>>('/metrics/operations')
      const ship = body.items.find(({ operation }) => operation === 'Ship')
      expect(ship).toMatchObject({ count: SESSIONS, errors: SESSIONS })
      expect(ship?.p50_ms).toBeGreaterThan(95)
      expect(ship?.p50_ms).toBeLessThan(105)
    })
  })

  describe('tells of itself', () => {
    it('its lag', async () => {
      const { body } = await client.get<Page<{ consumer: string; lag: number }>>('/lag')
      const groups = new Set(body.items.map(({ consumer }) => consumer))
      expect([...groups]).toEqual(
        expect.arrayContaining([
          expect.stringContaining('event-recorder'),
          expect.stringContaining('pattern-processor'),
        ]),
      )
    })

    it('its API, with every path that it answers', async () => {
      const { status, body } = await client.get<{ openapi: string; paths: object }>('/openapi.json')
      expect(status).toBe(200)
      expect(body.openapi).toMatch(/^3\.1\./)
      expect(Object.keys(body.paths)).toEqual(
        expect.arrayContaining(['/hooks', '/hooks/{source}', '/events', '/graph', '/predictions']),
      )
    })

    it.each([
      { path: '/livez', key: null },
      { path: '/readyz', key: null },
      { path: '/health', key: undefined },
    ])('its health at $path', async ({ path, key }) => {
      const answer = await client.get(path, key === null ? { key } : {})
      expect(answer.status).toBe(200)
      expect(answer.body).toMatchObject({ status: 'pass' })
    })
  })

  it('streams what is recorded', async () => {
    const stop = new AbortController()
    const response = await fetch(`${client.address}/live`, {
      headers: { authorization: `Bearer ${client.key}` },
      signal: stop.signal,
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    await client.post('/hooks', { id: 'live-1', source: 'test/live', type: 'a.b', data: {} })
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.includes('live-1')) break
    }
    stop.abort()
    expect(text).toMatch(/^id: ?\d+$/m)
    expect(text).toMatch(/^data: ?\{.*"live-1".*\}$/m)
  })

  it('stops clean within 5 s, and finds everything when it starts again', async () => {
    const before = await client.all<RecordedEvent>('/events')
    const started = performance.now()
    await system.stop()
    expect(performance.now() - started).toBeLessThan(5_000)

    system = await startSystem({ dataDir: system.dataDir })
    client = httpClient(system.address, system.key)
    expect(await client.all<RecordedEvent>('/events')).toEqual(before)
    expect((await client.get<Graph>('/graph?source=test/learning')).body.nodes).toHaveLength(3)
  })
})
