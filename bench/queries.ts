import type { Page } from '#shared/domain/page.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { folderWithBacklog } from './backlog.ts'
import { type Bridge, startBridge } from './bridge.ts'
import { Connection } from './connection.ts'
import { watch } from './drain.ts'
import type { BenchOptions } from './report.ts'
import { type Figure, quantile, type Report } from './report.ts'

const EVENTS = 1_000_000
const SMOKE_EVENTS = 4_000
const CALLS = 60
const AT_MOST_MS = 50

/** Each reading call on a million recorded and learned events, over HTTP. */
export async function queries({ smoke }: BenchOptions): Promise<Report> {
  const events = smoke ? SMOKE_EVENTS : EVENTS
  const bridge = await startBridge(await folderWithBacklog(events))
  try {
    await watch(bridge, events)
    const connection = new Connection('127.0.0.1', bridge.port)
    const figures: Figure[] = []
    for (const path of await paths(bridge)) {
      const times: number[] = []
      for (let call = 0; call < (smoke ? 3 : CALLS); call++) {
        const started = performance.now()
        const { status } = await connection.send(request(bridge, path))
        times.push(performance.now() - started)
        if (status !== 200) throw new Error(`GET ${path} was answered with ${status}`)
      }
      const name = decodeURIComponent(path).slice(0, 70)
      figures.push({ name: `${name} p50`, value: quantile(times, 0.5), unit: 'ms' })
      figures.push({ name: '  p95', value: quantile(times, 0.95), unit: 'ms', atMost: AT_MOST_MS })
    }
    connection.close()
    return { figures, notes: [`${events} events; 100 items a page where not said otherwise`] }
  } finally {
    await bridge.stop()
  }
}

/** Every kind of question, about things that are there. */
async function paths(bridge: Bridge): Promise<readonly string[]> {
  const { body } = await bridge.client.get<Page<RecordedEvent>>('/events?limit=1000')
  const middle = body.items[500]
  const { session = '', source = '', id = '' } = middle ?? {}
  const from = encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString())
  const some = encodeURIComponent(source)
  return [
    '/events',
    `/events?cursor=${encodeURIComponent(body.next ?? '')}`,
    `/events/${id}`,
    '/events?topic=hooks.execution',
    '/events?type=hooks.execution.completed',
    `/events?source=${some}`,
    `/events?session=${session}`,
    `/events?from=${from}`,
    '/events?q=file-42',
    '/events?q=nowhere-to-be-found',
    `/events?source=${some}&type=hooks.execution.started&from=${from}`,
    '/sessions',
    `/sessions?source=${some}`,
    '/sessions?state=active',
    `/sessions/${session}`,
    '/patterns',
    '/patterns?kind=sequence&min_confidence=0.5',
    '/patterns?state=confirmed',
    '/graph',
    `/graph?source=${some}`,
    `/predictions?session=${session}`,
    '/metrics/operations',
    '/lag',
  ]
}

function request({ client }: Bridge, path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${client.key}\r\n\r\n`
}
