import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Graph } from '#shared/ports/learned-patterns.ts'
import { dataNote, hasData, readData, readJson } from '#test/support/hooks-data.ts'
import { type HttpClient, httpClient, settled } from '#test/support/http-client.ts'
import { countsOf } from '#test/support/sequences.ts'
import { type System, startSystem } from '#test/support/system.ts'

const BATCH = 500
/** What a latency sketch may be off by. */
const SKETCH_ERROR = 0.01

type Row = Readonly<{ session: string; operation: string; time: string }>

type Expected = Readonly<{
  activities: Readonly<Record<string, number>>
  start_activities: Readonly<Record<string, number>>
  end_activities: Readonly<Record<string, number>>
  dfg: readonly Readonly<{ a: string; b: string; count: number }>[]
}>

describe.skipIf(!hasData)(`published event logs${dataNote}`, () => {
  let system: System
  let client: HttpClient

  beforeAll(async () => {
    system = await startSystem()
    client = httpClient(system.address, system.key)
  })
  afterAll(() => system.stop())

  it.each(['running-example', 'receipt'])('the graph of %s is exact', async (log) => {
    const rows = rowsOf(log)
    await feed(client, log, rows)
    await settled(client, 60_000)

    const { body: graph } = await client.get<Graph>(`/graph?source=logs/${log}`)
    const expected = readJson<Expected>(`event-logs/expected.${log}.json`)
    expect(countsOf(graph)).toEqual({
      nodes: expected.activities,
      starts: expected.start_activities,
      ends: expected.end_activities,
      edges: Object.fromEntries(expected.dfg.map(({ a, b, count }) => [`${a} -> ${b}`, count])),
    })
  })

  it('edge times are within the error of the sketch', async () => {
    const { body: graph } = await client.get<Graph>('/graph?source=logs/receipt')
    const waits = edgeWaits(rowsOf('receipt'))
    for (const { from, to, p50_ms, p95_ms } of graph.edges) {
      const sorted = waits.get(`${from} -> ${to}`) ?? []
      expectQuantile(p50_ms, sorted, 0.5)
      expectQuantile(p95_ms, sorted, 0.95)
    }
  })
})

function rowsOf(log: string): readonly Row[] {
  const lines = readData(`event-logs/${log}.csv`).trim().split(/\r?\n/).slice(1)
  return lines.map((line) => {
    const [session = '', operation = '', time = ''] = line.split(',')
    return { session: `${log}:${session}`, operation, time }
  })
}

async function feed(client: HttpClient, log: string, rows: readonly Row[]): Promise<void> {
  const events = rows.map(({ session, operation, time }, at) => ({
    id: `${log}-${at}`,
    source: `logs/${log}`,
    type: 'hooks.custom.recorded',
    session,
    time,
    data: { operation },
  }))
  for (let at = 0; at < events.length; at += BATCH) {
    const { status, body } = await client.post('/hooks', events.slice(at, at + BATCH))
    expect(status, JSON.stringify(body).slice(0, 500)).toBe(202)
  }
}

/** Waits in ms from each activity to the next of its case, sorted. */
function edgeWaits(rows: readonly Row[]): ReadonlyMap<string, readonly number[]> {
  const waits = new Map<string, number[]>()
  const last = new Map<string, Row>()
  for (const row of rows) {
    const previous = last.get(row.session)
    last.set(row.session, row)
    if (!previous) continue
    const edge = `${previous.operation} -> ${row.operation}`
    const wait = Date.parse(row.time) - Date.parse(previous.time)
    waits.set(edge, [...(waits.get(edge) ?? []), wait])
  }
  for (const values of waits.values()) values.sort((a, b) => a - b)
  return waits
}

/** Any of the usual definitions of a quantile lies between these two values. */
function expectQuantile(value: number, sorted: readonly number[], share: number): void {
  const rank = share * (sorted.length - 1)
  const low = sorted[Math.floor(rank)] ?? Number.NaN
  const high = sorted[Math.ceil(rank)] ?? Number.NaN
  expect(value).toBeGreaterThanOrEqual(low * (1 - SKETCH_ERROR) - 1)
  expect(value).toBeLessThanOrEqual(high * (1 + SKETCH_ERROR) + 1)
}
