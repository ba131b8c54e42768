import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { LoadOptions, LoadResult } from './client.ts'
import { ended, type OwnProcess, startOwnProcess } from './own-process.ts'

const HERE = import.meta.dirname

/** A bare server to measure against, in a process of its own. */
export type Floor = OwnProcess

/** Starts the floor server. */
export async function startFloor(): Promise<Floor> {
  return startOwnProcess('floor.ts')
}

/**
 * Runs the load client in a process of its own. `onWarm` is called between warm-up and measurement
 * and may take its time.
 */
export async function runLoad(
  options: LoadOptions,
  onWarm: () => Promise<void> = async () => undefined,
): Promise<LoadResult> {
  const child = spawn(process.execPath, [`${HERE}/client.ts`, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  await onWarm()
  child.stdin.end('go\n')
  const { value } = await lines.next()
  if (typeof value !== 'string') throw new Error('the load client ended without a result')
  await ended(child)
  return JSON.parse(value) as LoadResult
}
