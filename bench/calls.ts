import { setTimeout as pause } from 'node:timers/promises'
import { Connection } from './connection.ts'

/** What the client of the proxy's benchmarks does; given as JSON in its first argument. */
export type CallOptions = Readonly<{
  port: number
  /** Target of the request line. */
  path: string
  key: string
  connections: number
  durationMs: number
  /** Calls per second, sent whether or not others are answered; 0: each connection as fast as it can. */
  perSecond: number
}>

/** What it saw, as JSON on standard output; ms. */
export type CallResult = Readonly<{
  calls: number
  seconds: number
  latencies: readonly number[]
  /** `bridge;dur=` of `Server-Timing`, where the answer has it. */
  bridge: readonly number[]
  statuses: Readonly<Record<string, number>>
  /** Calls that were sent late, for want of a free connection. */
  late: number
  cpuMs: number
}>

const BODY = JSON.stringify({ question: 'y'.repeat(1_024 - '{"question":""}'.length) })

async function main(options: CallOptions): Promise<void> {
  const { port, path, key, durationMs, perSecond } = options
  const lines = [
    ...[`POST ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`, `authorization: Bearer ${key}`],
    ...['content-type: application/json', `content-length: ${BODY.length}`],
  ]
  const request = `${lines.join('\r\n')}\r\n\r\n${BODY}`
  const free = Array.from({ length: options.connections }, () => new Connection('127.0.0.1', port))
  const latencies: number[] = []
  const bridge: number[] = []
  const statuses: Record<string, number> = {}

  async function call(connection: Connection): Promise<void> {
    const sent = performance.now()
    try {
      const { status, head } = await connection.send(request)
      latencies.push(performance.now() - sent)
      statuses[status] = (statuses[status] ?? 0) + 1
      const told = /\r\nserver-timing:[^\r]*\bbridge;dur=([\d.]+)/i.exec(head)
      if (told) bridge.push(Number(told[1]))
    } catch (error) {
      const { message } = error as Error
      statuses[message] = (statuses[message] ?? 0) + 1
    }
  }

  const before = process.cpuUsage()
  const started = performance.now()
  const late =
    perSecond > 0
      ? await atRate(perSecond, durationMs, free, call)
      : await asFastAsTheyCan(durationMs, free, call)
  const seconds = (performance.now() - started) / 1_000
  const cpu = process.cpuUsage(before)
  const cpuMs = (cpu.user + cpu.system) / 1_000
  const result: CallResult = {
    ...{ calls: latencies.length, seconds, latencies, bridge, statuses, late, cpuMs },
  }
  process.stdout.write(JSON.stringify(result), () => process.exit(0))
}

type Call = (connection: Connection) => Promise<void>

/** Open loop: what is due is sent, answered or not what was sent before. */
async function atRate(perSecond: number, durationMs: number, free: Connection[], call: Call) {
  const started = performance.now()
  const underWay = new Set<Promise<void>>()
  let sent = 0
  let late = 0
  while (performance.now() - started < durationMs) {
    const due = Math.floor(((performance.now() - started) / 1_000) * perSecond)
    for (; sent < due; sent += 1) {
      const connection = free.pop()
      if (!connection) {
        late += 1
        break
      }
      const calling = call(connection).finally(() => {
        free.push(connection)
        underWay.delete(calling)
      })
      underWay.add(calling)
    }
    await pause(1)
  }
  await Promise.all(underWay)
  return late
}

/** Closed loop: each connection sends its next call when its last one is answered. */
async function asFastAsTheyCan(durationMs: number, connections: readonly Connection[], call: Call) {
  const end = performance.now() + durationMs
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() < end) await call(connection)
    }),
  )
  return 0
}

await main(JSON.parse(process.argv[2] ?? '{}') as CallOptions)
