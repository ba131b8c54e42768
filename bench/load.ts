import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { LoadOptions, LoadResult } from './client.ts'

const HERE = import.meta.dirname

/** A bare server to measure against, in a process of its own. */
export type Floor = Readonly<{ port: number; pid: number; stop(): Promise<void> }>

/** Starts the floor server. */
export async function startFloor(): Promise<Floor> {
  const child = spawn(process.execPath, [`${HERE}/floor.ts`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const port = Number(await firstLine(child))
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      child.stdin?.end()
      await ended(child)
    },
  }
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

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output to read')
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('ended without a line of output')
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((done) => child.once('exit', () => done()))
}
