import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A server of a benchmark in a process of its own: it prints its port and ends with its input. */
export type OwnProcess = Readonly<{ port: number; pid: number; stop(): Promise<void> }>

/** Starts a file of this folder. @throws `Error` when it prints no port */
export async function startOwnProcess(
  file: string,
  args: readonly string[] = [],
): Promise<OwnProcess> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/${file}`, ...args], {
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

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output to read')
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('ended without a line of output')
}

/** Resolves when a process has ended. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((done) => child.once('exit', () => done()))
}
