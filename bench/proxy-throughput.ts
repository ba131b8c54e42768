import { processTree, usageOf } from '#test/support/process-tree.ts'
import type { CallResult } from './calls.ts'
import { type OwnProcess, startOwnProcess } from './own-process.ts'
import { type Proxied, runCalls, startProxied } from './proxied.ts'
import { type BenchOptions, quantile, type Report } from './report.ts'

const CONNECTIONS = 32
const ROUNDS = 3

/** Calls of 1 KiB there and back on 32 connections, beside a bare reverse proxy. */
export async function proxyThroughput({ smoke }: BenchOptions): Promise<Report> {
  const proxied = await startProxied()
  const floor = await startOwnProcess('bare-proxy.ts', [String(proxied.upstream.port)])
  try {
    await measure(proxied, floor, smoke ? 300 : 2_000)
    const rounds = []
    for (let round = 0; round < (smoke ? 1 : ROUNDS); round += 1) {
      rounds.push(await measure(proxied, floor, smoke ? 500 : 4_000))
    }
    return report(rounds)
  } finally {
    await floor.stop()
    await proxied.stop()
  }
}

type Round = Readonly<{ floor: CallResult; through: CallResult; floorCpuMs: number; cpuMs: number }>

async function measure(
  { bridge, path }: Proxied,
  floor: OwnProcess,
  durationMs: number,
): Promise<Round> {
  const load = { path, key: bridge.client.key, connections: CONNECTIONS, perSecond: 0, durationMs }
  const floorCpu = () => usageOf(processTree(floor.pid)).cpuMs
  const floorBefore = floorCpu()
  const floorResult = await runCalls({ ...load, port: floor.port })
  const floorCpuMs = floorCpu() - floorBefore
  const before = bridge.usage().cpuMs
  const through = await runCalls({ ...load, port: bridge.port })
  // What was captured still has to be recorded and learned: that belongs to its cost.
  await bridge.settle()
  return { floor: floorResult, through, floorCpuMs, cpuMs: bridge.usage().cpuMs - before }
}

function report(rounds: readonly Round[]): Report {
  const sum = (of: (round: Round) => number) => rounds.reduce((total, each) => total + of(each), 0)
  const calls = sum(({ through }) => through.calls)
  const perSecond = calls / sum(({ through }) => through.seconds)
  const floorPerSecond = sum(({ floor }) => floor.calls) / sum(({ floor }) => floor.seconds)
  const latencies = rounds.flatMap(({ through }) => through.latencies)
  const good = sum(({ through }) => through.statuses['200'] ?? 0)
  return {
    figures: [
      { name: 'calls through the bridge', value: perSecond, unit: '/s' },
      { name: 'bare reverse proxy', value: floorPerSecond, unit: '/s' },
      { name: 'ratio', value: perSecond / floorPerSecond, unit: '', atLeast: 0.4 },
      { name: 'answer p50', value: quantile(latencies, 0.5), unit: 'ms' },
      { name: 'answer p99', value: quantile(latencies, 0.99), unit: 'ms' },
      { name: 'answers other than 200', value: calls - good, unit: '', atMost: 0 },
      {
        name: 'CPU per call, all processes, learned',
        value: sum(({ cpuMs }) => cpuMs) / calls,
        unit: 'ms',
      },
      {
        name: 'CPU per call of the bare reverse proxy',
        value: sum(({ floorCpuMs }) => floorCpuMs) / sum(({ floor }) => floor.calls),
        unit: 'ms',
      },
    ],
  }
}
