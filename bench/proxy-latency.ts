import type { CallResult } from './calls.ts'
import { type Proxied, runCalls, startProxied } from './proxied.ts'
import { type BenchOptions, quantile, type Report } from './report.ts'

const PER_SECOND = 500
const CONNECTIONS = 64
const ROUNDS = 3

/** What the bridge adds to a call at 500 calls a second, captured, the key checked. */
export async function proxyLatency({ smoke }: BenchOptions): Promise<Report> {
  const proxied = await startProxied()
  try {
    await measure(proxied, smoke ? 300 : 3_000)
    const rounds = []
    for (let round = 0; round < (smoke ? 1 : ROUNDS); round += 1) {
      rounds.push(await measure(proxied, smoke ? 500 : 4_000))
    }
    const captured = await capturedCalls(proxied)
    return report(rounds, captured)
  } finally {
    await proxied.stop()
  }
}

type Round = Readonly<{ direct: CallResult; through: CallResult }>

/** The same calls to the service itself and through the bridge, in turn. */
async function measure({ bridge, upstream, path }: Proxied, durationMs: number): Promise<Round> {
  const load = {
    ...{ path, key: bridge.client.key, connections: CONNECTIONS },
    ...{ perSecond: PER_SECOND, durationMs },
  }
  const direct = await runCalls({ ...load, port: upstream.port })
  const through = await runCalls({ ...load, port: bridge.port })
  return { direct, through }
}

/** Whether there are events of the calls: a capture that is off would make any figure good. */
async function capturedCalls({ bridge }: Proxied): Promise<number> {
  await bridge.settle()
  const { body } = await bridge.client.get<{ items: unknown[] }>(
    '/events?type=tools.calls.completed&limit=100',
  )
  return body.items.length
}

function report(rounds: readonly Round[], captured: number): Report {
  const all = (of: (round: Round) => readonly number[]) => rounds.flatMap(of)
  const bridge = all(({ through }) => through.bridge)
  const through = all((round) => round.through.latencies)
  const direct = all((round) => round.direct.latencies)
  const added = (share: number) => quantile(through, share) - quantile(direct, share)
  const sum = (of: (result: CallResult) => number) =>
    rounds.reduce((total, round) => total + of(round.through), 0)
  const good = sum(({ statuses }) => statuses['200'] ?? 0)
  const ms = { unit: 'ms' }
  return {
    figures: [
      { name: 'bridge, of Server-Timing, p50', value: quantile(bridge, 0.5), ...ms, atMost: 1 },
      { name: 'bridge, of Server-Timing, p99', value: quantile(bridge, 0.99), ...ms, atMost: 5 },
      { name: 'added, seen by the client, p50', value: added(0.5), ...ms, atMost: 1 },
      { name: 'added, seen by the client, p99', value: added(0.99), ...ms, atMost: 5 },
      { name: 'direct call p50', value: quantile(direct, 0.5), ...ms },
      { name: 'direct call p99', value: quantile(direct, 0.99), ...ms },
      { name: 'call through the bridge p50', value: quantile(through, 0.5), ...ms },
      { name: 'call through the bridge p99', value: quantile(through, 0.99), ...ms },
      { name: 'calls', value: sum(({ calls }) => calls) / sum((r) => r.seconds), unit: '/s' },
      { name: 'answers other than 200', value: sum((r) => r.calls) - good, unit: '', atMost: 0 },
      {
        name: 'answers that tell of the bridge',
        value: bridge.length / good,
        unit: '',
        atLeast: 1,
      },
      {
        name: 'calls found among the events, of 100 asked for',
        value: captured,
        unit: '',
        atLeast: 100,
      },
      {
        name: 'calls sent late, for want of a connection',
        value: sum(({ late }) => late),
        unit: '',
      },
    ],
  }
}
