import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Failure } from '#shared/errors.ts'
import { anInsight } from '#test/support/insight.ts'
import { eventsInMemory, fixedBrowser } from '#test/support/reading.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const down = async (): Promise<never> => {
  throw new Failure('Unavailable', 'connect ECONNREFUSED 10.0.0.7:5432')
}
const silent = () => new Promise<never>(() => undefined)

const parts = [
  { part: 'database', broken: () => ({ events: { ...eventsInMemory([]).events, latest: down } }) },
  { part: 'event-log', broken: () => ({ browser: { ...fixedBrowser, bounds: down } }) },
  { part: 'event-log', broken: () => ({ browser: { ...fixedBrowser, bounds: silent } }) },
]

it('passes while every part answers', async () => {
  const { get } = anInsight()
  const { status, body } = await get('/health')
  expect([status, body.status, body.version]).toEqual([200, 'pass', '1.2.3'])
  expect(Object.keys(body.checks)).toEqual([
    'database:responseTime',
    'event-log:responseTime',
    'access-snapshot:responseTime',
  ])
  expect((await get('/readyz')).body).toEqual({ status: 'pass' })
})

it.each(parts)(
  'fails when the $part does not answer, and gives no inner detail away',
  async ({ part, broken }) => {
    const { get } = anInsight(broken())
    const answered = get('/health')
    await vi.advanceTimersByTimeAsync(2_000)
    const { status, body } = await answered
    expect([status, body.status]).toEqual([503, 'fail'])
    expect(body.checks[`${part}:responseTime`][0].status).toBe('fail')
    expect(JSON.stringify(body)).not.toContain('10.0.0.7')
  },
)

it('is not ready while a part is not reachable', async () => {
  const { get } = anInsight({ browser: { ...fixedBrowser, bounds: down } })
  expect(await get('/readyz')).toMatchObject({ status: 503, body: { status: 'fail' } })
})

it('is alive whatever the parts do', async () => {
  const { get } = anInsight({ events: { ...eventsInMemory([]).events, latest: down } })
  expect((await get('/livez')).status).toBe(200)
})
