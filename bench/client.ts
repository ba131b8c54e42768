import { createInterface } from 'node:readline/promises'
import { Connection } from './connection.ts'
import { hookStream } from './hooks.ts'

/** What the load client does; given as JSON in its first argument. */
export type LoadOptions = Readonly<{
  port: number
  key: string
  connections: number
  warmUpMs: number
  durationMs: number
  /** Events per request; 1 sends single hooks. */
  batch: number
  /** Names the sessions and the source. */
  label: string
}>

/** What it saw, as JSON on standard output. Latencies in ms. */
export type LoadResult = Readonly<{
  requests: number
  events: number
  seconds: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  statuses: Readonly<Record<string, number>>
  bodyBytes: number
  cpuMs: number
}>

async function main(options: LoadOptions): Promise<void> {
  const bodies = bodySource(options)
  const connections = Array.from(
    { length: options.connections },
    () => new Connection('127.0.0.1', options.port),
  )
  const run = async (ms: number) => {
    const latencies: number[] = []
    const statuses: Record<string, number> = {}
    const started = performance.now()
    const end = started + ms
    await Promise.all(
      connections.map(async (connection) => {
        while (performance.now() < end) {
          const request = toRequest(options, bodies())
          const sent = performance.now()
          const status = await connection.send(request).then(
            (answer) => String(answer.status),
            (error: Error) => error.message,
          )
          latencies.push(performance.now() - sent)
          statuses[status] = (statuses[status] ?? 0) + 1
        }
      }),
    )
    return { latencies, statuses, seconds: (performance.now() - started) / 1_000 }
  }

  await run(options.warmUpMs)
  console.log('{"phase":"warm"}')
  // The caller takes its measurements before it lets us go on.
  const lines = createInterface({ input: process.stdin })
  await lines[Symbol.asyncIterator]().next()
  lines.close()
  const before = process.cpuUsage()
  const { latencies, statuses, seconds } = await run(options.durationMs)
  const cpu = process.cpuUsage(before)
  latencies.sort((a, b) => a - b)
  const result: LoadResult = {
    requests: latencies.length,
    events: (statuses['202'] ?? 0) * options.batch,
    seconds,
    p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    maxMs: latencies.at(-1) ?? 0,
    statuses,
    bodyBytes: bodies().length,
    cpuMs: (cpu.user + cpu.system) / 1_000,
  }
  console.log(JSON.stringify(result))
  for (const connection of connections) connection.close()
}

function bodySource({ batch, label }: LoadOptions): () => string {
  const hooks = hookStream(label)
  return batch === 1 ? hooks.next : () => hooks.batch(batch)
}

function toRequest({ port, key }: LoadOptions, body: string): string {
  return `POST /hooks HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

await main(JSON.parse(process.argv[2] ?? '{}') as LoadOptions)
