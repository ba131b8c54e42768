import { type HttpClient, httpClient, settled } from '#test/support/http-client.ts'
import { processTree, type Usage, usageOf } from '#test/support/process-tree.ts'
import { startSystem } from '#test/support/system.ts'

/** A bridge that a benchmark runs, in processes of its own. */
export type Bridge = Readonly<{
  client: HttpClient
  port: number
  dataDir: string
  /** CPU and memory of all its processes, PostgreSQL's included. */
  usage(): Usage
  /** Waits until recorder and learner have read everything. */
  settle(timeoutMs?: number): Promise<void>
  /** Stops it; its data stay until this process ends, so that it can be started again. */
  stop(): Promise<void>
}>

/** Starts a bridge on a new data folder, or on one that is there. */
export async function startBridge(
  dataDir?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Bridge> {
  const system = await startSystem({ ...(dataDir === undefined ? {} : { dataDir }), env })
  const client = httpClient(system.address, system.key)
  return {
    client,
    port: Number(new URL(system.address).port),
    dataDir: system.dataDir,
    usage: () => usageOf(processTree(system.pid, system.postgresPid)),
    settle: (timeoutMs = 120_000) => settled(client, timeoutMs),
    stop: () => system.stop(),
  }
}
