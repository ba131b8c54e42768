import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** What `npm run deploy` did. */
export type DeploymentRun = Readonly<{
  code: number | null
  output: string
  /** Where the API answers; empty when it failed before. */
  address: string
  /** The first key, where one was made. */
  firstKey: string | undefined
  ms: number
  /** When each line came, ms after the start. */
  lines: readonly Readonly<{ text: string; ms: number }>[]
}>

const root = join(import.meta.dirname, '..', '..')

/** Runs `npm run deploy -- <args>` in a process of its own, with this environment beside ours. */
export async function runDeploy(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<DeploymentRun> {
  const started = performance.now()
  const child = spawn(process.execPath, [join('commands', 'deploy.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const lines: { text: string; ms: number }[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (text) => {
      lines.push({ text, ms: performance.now() - started })
    })
  }
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  const output = lines.map(({ text }) => text).join('\n')
  return {
    ...{ code, output, lines },
    address: /answers at (\S+)/.exec(output)?.[1] ?? '',
    firstKey: /shown this once: (\S+)/.exec(output)?.[1],
    ms: performance.now() - started,
  }
}
