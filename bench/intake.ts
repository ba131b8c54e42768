import { processTree, usageOf } from '#test/support/process-tree.ts'
import { type Bridge, startBridge } from './bridge.ts'
import type { LoadOptions, LoadResult } from './client.ts'
import { type Floor, runLoad, startFloor } from './load.ts'
import type { BenchOptions, Figure, Report } from './report.ts'

const CONNECTIONS = 16
const BATCH = 500
const ROUNDS = 3

type Round = Readonly<{
  floor: LoadResult
  /** CPU of the bare server, ms. */
  floorCpuMs: number
  bridge: LoadResult
  /** CPU of the bridge's processes until all was recorded and learned, ms. */
  cpuMs: number
}>

/** Single hooks, durable, key checked, redacted, with recorder and learner at work. */
export async function intake({ smoke }: BenchOptions): Promise<Report> {
  const { rounds, pssBytes } = await compare(1, smoke)
  const bridge = rounds.map((round) => round.bridge)
  const perSecond = rate(bridge)
  const floorPerSecond = rate(rounds.map((round) => round.floor))
  const hooks = sum(bridge.map(({ events }) => events))
  return {
    figures: [
      { name: 'hooks accepted', value: perSecond, unit: '/s' },
      { name: 'bare server', value: floorPerSecond, unit: '/s' },
      { name: 'ratio', value: perSecond / floorPerSecond, unit: '', atLeast: 0.4 },
      { name: 'answer p50', value: worst(bridge, 'p50Ms'), unit: 'ms' },
      { name: 'answer p99', value: worst(bridge, 'p99Ms'), unit: 'ms', atMost: 25 },
      { name: 'slowest answer', value: worst(bridge, 'maxMs'), unit: 'ms' },
      {
        name: 'CPU per hook, all processes',
        value: sum(rounds.map(({ cpuMs }) => cpuMs)) / hooks,
        unit: 'ms',
        atMost: 0.4,
      },
      ...common(rounds, pssBytes),
    ],
  }
}

/** Hooks in arrays of 500. */
export async function batches({ smoke }: BenchOptions): Promise<Report> {
  const { rounds, pssBytes } = await compare(BATCH, smoke)
  const bridge = rounds.map((round) => round.bridge)
  const events = sum(bridge.map((result) => result.events))
  return {
    figures: [
      {
        name: 'events accepted',
        value: events / sum(bridge.map(({ seconds }) => seconds)),
        unit: '/s',
        atLeast: 40_000,
      },
      {
        name: 'ratio to the bare server',
        value: rate(bridge) / rate(rounds.map((r) => r.floor)),
        unit: '',
      },
      { name: 'answer p50', value: worst(bridge, 'p50Ms'), unit: 'ms' },
      { name: 'answer p99', value: worst(bridge, 'p99Ms'), unit: 'ms' },
      {
        name: 'CPU per event, all processes, learned',
        value: sum(rounds.map(({ cpuMs }) => cpuMs)) / events,
        unit: 'ms',
      },
      ...common(rounds, pssBytes),
    ],
  }
}

function common(rounds: readonly Round[], pssBytes: number): readonly Figure[] {
  const results = rounds.map(({ bridge }) => bridge)
  const requests = sum(results.map((result) => result.requests))
  const accepted = sum(results.map(({ statuses }) => statuses['202'] ?? 0))
  return [
    { name: 'answers other than 202', value: requests - accepted, unit: '', atMost: 0 },
    {
      name: 'CPU per request of the bare server',
      value:
        sum(rounds.map((round) => round.floorCpuMs)) / sum(rounds.map((r) => r.floor.requests)),
      unit: 'ms',
    },
    { name: 'body', value: results[0]?.bodyBytes ?? 0, unit: 'bytes' },
    { name: 'memory in all (PSS)', value: pssBytes / 2 ** 20, unit: 'MiB' },
    {
      name: 'client CPU per request (not counted above)',
      value: sum(results.map(({ cpuMs }) => cpuMs)) / requests,
      unit: 'ms',
    },
  ]
}

/** Floor and bridge in turn, with the same client; the one that is not measured stands idle. */
async function compare(batch: number, smoke: boolean) {
  const floor = await startFloor()
  const bridge = await startBridge()
  try {
    const rounds: Round[] = []
    for (let round = 0; round < (smoke ? 1 : ROUNDS); round++) {
      rounds.push(await compareOnce(floor, bridge, batch, smoke, round))
    }
    return { rounds, pssBytes: bridge.usage().pssBytes }
  } finally {
    await bridge.stop()
    await floor.stop()
  }
}

async function compareOnce(
  floor: Floor,
  bridge: Bridge,
  batch: number,
  smoke: boolean,
  round: number,
): Promise<Round> {
  const load = (port: number): LoadOptions => ({
    port,
    key: bridge.client.key,
    connections: CONNECTIONS,
    warmUpMs: smoke ? 200 : 1_500,
    durationMs: smoke ? 500 : 4_000,
    batch,
    label: `bench-${batch}-${round}`,
  })
  const floorCpu = () => usageOf(processTree(floor.pid)).cpuMs
  let floorBefore = floorCpu()
  const floorResult = await runLoad(load(floor.port), async () => {
    floorBefore = floorCpu()
  })
  const floorCpuMs = floorCpu() - floorBefore
  let before = bridge.usage().cpuMs
  const bridgeResult = await runLoad(load(bridge.port), async () => {
    await bridge.settle()
    before = bridge.usage().cpuMs
  })
  // What was accepted still has to be recorded and learned: that belongs to its cost.
  await bridge.settle()
  const cpuMs = bridge.usage().cpuMs - before
  return { floor: floorResult, floorCpuMs, bridge: bridgeResult, cpuMs }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

const rate = (results: readonly LoadResult[]) =>
  sum(results.map(({ requests }) => requests)) / sum(results.map(({ seconds }) => seconds))

const worst = (results: readonly LoadResult[], field: 'p50Ms' | 'p99Ms' | 'maxMs') =>
  Math.max(...results.map((result) => result[field]))
