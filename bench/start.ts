import { startBridge } from './bridge.ts'
import type { BenchOptions } from './report.ts'
import { quantile, type Report } from './report.ts'

/** `npm start` from the command to the first answer of a ready system; the first makes its cluster. */
export async function start({ smoke }: BenchOptions): Promise<Report> {
  const first = performance.now()
  const fresh = await startBridge()
  const firstMs = performance.now() - first
  await fresh.stop()

  const times: number[] = []
  const stops: number[] = []
  let pssBytes = 0
  let processes = 0
  const runs = smoke ? 1 : 5
  for (let run = 0; run < runs; run++) {
    const started = performance.now()
    const bridge = await startBridge(fresh.dataDir)
    times.push(performance.now() - started)
    const usage = bridge.usage()
    pssBytes = Math.max(pssBytes, usage.pssBytes)
    processes = usage.processes
    const stopping = performance.now()
    await bridge.stop()
    stops.push(performance.now() - stopping)
  }
  return {
    figures: [
      { name: 'first start, makes its database', value: firstMs / 1_000, unit: 's' },
      { name: 'ready', value: quantile(times, 0.5) / 1_000, unit: 's', atMost: 6 },
      { name: 'slowest start', value: quantile(times, 1) / 1_000, unit: 's' },
      { name: 'memory in all (PSS)', value: pssBytes / 2 ** 20, unit: 'MiB', atMost: 450 },
      { name: 'processes', value: processes, unit: '' },
      { name: 'stopped', value: quantile(stops, 1) / 1_000, unit: 's', atMost: 5 },
    ],
    notes: [`median of ${runs}`],
  }
}
