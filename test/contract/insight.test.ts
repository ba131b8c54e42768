import { expect, it, onTestFinished } from 'vitest'
import { routes } from '#functions/insight/schema.ts'
import { patternProcessor } from '#functions/pattern-processor/pattern-processor.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresLearnedPatterns } from '#shared/adapters/postgres/learned-patterns.ts'
import { postgresLearning } from '#shared/adapters/postgres/learning.ts'
import { postgresLogBrowser } from '#shared/adapters/postgres/log-browser.ts'
import { postgresRecordedEvents } from '#shared/adapters/postgres/recorded-events.ts'
import { postgresRecordedSessions } from '#shared/adapters/postgres/recorded-sessions.ts'
import { postgresRecording } from '#shared/adapters/postgres/recording.ts'
import { postgresTopicAdmin } from '#shared/adapters/postgres/topic-admin.ts'
import { postgresTrafficReading } from '#shared/adapters/postgres/traffic-reading.ts'
import { topics } from '#shared/domain/topics.ts'
import { freshDatabase } from '#test/support/database.ts'
import { anInsight } from '#test/support/insight.ts'
import { anEvent, recordablesOf, recordsOf, START, triggerOf } from '#test/support/recordables.ts'

const SECOND = 1_000_000
const now = new Date(START / 1_000 + 60_000)

/** Two sources report on one session: five executions, a second apart. */
const session = ['Read', 'Edit', 'Read', 'Edit', 'Bash'].map((operation, index) =>
  anEvent({
    id: `e${index}`,
    source: index < 4 ? 'agent' : 'proxy',
    at: index * SECOND,
    attributes: { operation, sessionid: 's1', durationms: '20', outcome: 'ok' },
  }),
)

/** The reading API over a database that a recorder and a learner have filled. */
async function aFilledInsight() {
  const url = await freshDatabase()
  const sql = connect(url, { applicationName: 'test', max: 2 })
  onTestFinished(() => sql.end())
  const admin = postgresTopicAdmin(url)
  await admin.apply(topics).finally(() => admin.close())
  const browser = postgresLogBrowser(url)
  onTestFinished(() => browser.close())

  await postgresRecording(sql).record(recordablesOf(session), [], async () => undefined)
  const learn = patternProcessor({ learning: postgresLearning(sql), now: () => now })
  await learn(triggerOf(recordsOf(session)))
  return anInsight({
    events: postgresRecordedEvents(sql),
    sessions: postgresRecordedSessions(sql),
    patterns: postgresLearnedPatterns(sql),
    traffic: postgresTrafficReading(sql),
    browser,
    now: () => now,
  })
}

it('answers every route over real adapters as its schema says', async () => {
  const { get, post } = await aFilledInsight()
  const patternId = (await get('/patterns?limit=1')).body.items[0].id
  for (const route of routes) {
    const id = { events: 'e0', sessions: 's1', patterns: patternId }[route.path.split('/')[1] ?? '']
    const path = route.path.replace('{id}', encodeURIComponent(id ?? ''))
    const answer =
      route.method === 'POST'
        ? await post(path, { sequence: ['Read'] })
        : await get(route.path === '/predictions' ? `${path}?session=s1` : path, route.path)
    expect(answer.status, path).toBe(200)
    const read = route.answers[200].schema.safeParse(answer.body)
    expect(read.error, path).toBeUndefined()
  }
})

it('tells the truth about a session, its operations and what comes next', async () => {
  const { get, post } = await aFilledInsight()
  const { body } = await get('/sessions/s1', '/sessions/{id}')
  expect(body).toMatchObject({ sources: ['agent', 'proxy'], events: 5, errors: 0 })
  expect(body.timeline.map(({ id }: { id: string }) => id)).toEqual(session.map(({ id }) => id))

  const graph = (await get('/graph')).body
  expect(graph.edges).toContainEqual(
    expect.objectContaining({ from: 'Read', to: 'Edit', count: 2 }),
  )
  expect(graph.edges).toContainEqual(
    expect.objectContaining({ from: 'Edit', to: 'Bash', count: 1 }),
  )
  const proxy = (await get('/graph?source=proxy')).body
  expect(proxy.edges).toEqual([])

  const { items, nothing_probability } = (await post('/predictions', { sequence: ['Read'] })).body
  expect(items[0].operation).toBe('Edit')
  const sum = items.reduce(
    (total: number, { probability }: { probability: number }) => total + probability,
    nothing_probability,
  )
  expect(sum).toBeCloseTo(1, 9)
})

it('pages through events newest first, and finds them by every filter', async () => {
  const { get } = await aFilledInsight()
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const { body } = await get(`/events?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
    ids.push(...body.items.map(({ id }: { id: string }) => id))
    cursor = body.next
  } while (cursor)
  expect(ids).toEqual(['e4', 'e3', 'e2', 'e1', 'e0'])

  const filtered = async (query: string) =>
    (await get(`/events?${query}`)).body.items.map(({ id }: { id: string }) => id)
  const second = (n: number) => new Date(START / 1_000 + n * 1_000).toISOString()
  expect(await filtered('source=proxy')).toEqual(['e4'])
  expect(await filtered('session=s1&limit=1')).toEqual(['e4'])
  expect(await filtered('topic=hooks.lifecycle')).toEqual([])
  expect(await filtered(`from=${second(1)}&to=${second(2)}`)).toEqual(['e2', 'e1'])
})

it.each(['/events', '/sessions', '/patterns'])(
  'refuses a cursor that %s did not give',
  async (path) => {
    const { get } = await aFilledInsight()
    for (const cursor of [
      'x',
      'AAAA',
      '%00',
      'eyJhIjoxfQ',
      'WzFlMzAwLDFd',
      'WyJhXHUwMDAwIiwyXQ',
      'WyJhIiwiYiJd',
    ]) {
      const answer = await get(`${path}?cursor=${cursor}`)
      expect([answer.status, cursor]).toEqual([422, cursor])
    }
  },
)
