import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll } from 'vitest'

/** What happened to a request; `left`: nobody waited for the end of the answer. */
export type Entry = Readonly<{ what: 'asked' | 'left'; method: string; url: string; nr: string }>

/** An instance in a process of its own (`upstream-program.ts`). */
export type UpstreamProcess = Readonly<{
  name: string
  port: number
  /** All that reached it, also before it was killed; health checks are not among it. */
  entries(): readonly Entry[]
  /** kill -9 */
  kill(): Promise<void>
  freeze(): void
  thaw(): void
}>

const program = join(import.meta.dirname, 'upstream-program.ts')
const folder = mkdtempSync(join(tmpdir(), 'omninode-upstreams-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Starts one on a free port; whoever starts it kills it. */
export async function startUpstream(name: string, address = '127.0.0.1'): Promise<UpstreamProcess> {
  const journal = join(folder, `${name}-${process.hrtime.bigint()}`)
  const child = spawn(process.execPath, [program, journal, name, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const [port] = await once(createInterface({ input: child.stdout }), 'line')
  return {
    name,
    port: Number(port),
    entries() {
      if (!existsSync(journal)) return []
      const lines = readFileSync(journal, 'utf8').split('\n').slice(0, -1)
      return lines.map((line) => {
        const [what, method, url, nr] = JSON.parse(line)
        return { what, method, url, nr }
      })
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  }
}
