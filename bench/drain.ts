import { setTimeout as pause } from 'node:timers/promises'
import { folderWithBacklog } from './backlog.ts'
import { type Bridge, startBridge } from './bridge.ts'
import type { BenchOptions, Figure, Report } from './report.ts'

const EVENTS = 200_000
const SMOKE_EVENTS = 4_000
const GIVE_UP_MS = 600_000
const CONSUMERS = ['event-recorder', 'pattern-processor'] as const

type Lags = Readonly<{ items: readonly Readonly<{ consumer: string; lag: number }>[] }>

/** A backlog on the log before anything starts; recorder and learner then read it side by side. */
export async function drain({ smoke }: BenchOptions): Promise<Report> {
  const events = smoke ? SMOKE_EVENTS : EVENTS
  const dataDir = await folderWithBacklog(events)
  const bridge = await startBridge(dataDir)
  try {
    const before = bridge.usage().cpuMs
    const speeds = await watch(bridge, events)
    const cpuMs = bridge.usage().cpuMs - before
    const figures: Figure[] = CONSUMERS.map((name) => ({
      name: `${name} drains`,
      value: speeds.get(name) ?? 0,
      unit: 'events/s',
      atLeast: 10_000,
    }))
    return {
      figures: [
        ...figures,
        { name: 'CPU per event, all processes', value: cpuMs / events, unit: 'ms' },
        { name: 'memory in all (PSS)', value: bridge.usage().pssBytes / 2 ** 20, unit: 'MiB' },
      ],
      notes: [`${events} events; from the first look at /lag until nothing is left`],
    }
  } finally {
    await bridge.stop()
  }
}

/** Events per second of each consumer, from the first look until its lag is 0. */
export async function watch(bridge: Bridge, events: number): Promise<ReadonlyMap<string, number>> {
  const started = performance.now()
  const first = await lags(bridge)
  const speeds = new Map<string, number>()
  while (speeds.size < CONSUMERS.length) {
    const elapsedMs = performance.now() - started
    if (elapsedMs > GIVE_UP_MS) throw new Error(`the backlog was not drained in ${GIVE_UP_MS} ms`)
    const now = await lags(bridge)
    for (const name of CONSUMERS) {
      if (speeds.has(name) || now.get(name) !== 0) continue
      speeds.set(name, ((first.get(name) ?? events) * 1_000) / (performance.now() - started))
    }
    await pause(50)
  }
  return speeds
}

/** What each consumer has still to read; undefined for one without a position. */
async function lags(bridge: Bridge): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>()
  const { body } = await bridge.client.get<Lags>('/lag')
  for (const { consumer, lag } of body.items) {
    const name = CONSUMERS.find((one) => consumer.startsWith(one))
    if (name) sums.set(name, (sums.get(name) ?? 0) + lag)
  }
  return sums
}
