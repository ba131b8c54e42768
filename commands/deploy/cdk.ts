import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { Failure } from '#shared/errors.ts'

type CdkOptions = Readonly<{
  environment: Readonly<Record<string, string | undefined>>
  /** Told what is worth telling, line by line; without it `cdk` has the terminal to itself. */
  say?: (line: string) => void
}>

/** What `cdk` says of a stack; everything else is for when it fails. */
const WORTH_TELLING = /^\s*✅\s+(.*)$/
const KEPT_LINES = 60

/**
 * Runs the CDK command in a process of its own.
 *
 * @throws `Unavailable` with the end of what it said when it fails
 */
export async function cdk(
  args: readonly string[],
  { environment, say }: CdkOptions,
): Promise<void> {
  const main = join(dirname(fileURLToPath(import.meta.resolve('aws-cdk/package.json'))), 'bin/cdk')
  const child = spawn(process.execPath, [main, ...args, '--no-notices'], {
    env: { ...environment, ...(say ? { NO_COLOR: '1' } : {}) },
    stdio: say ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (coloured) => {
      const line = stripVTControlCharacters(coloured)
      const [, told] = WORTH_TELLING.exec(line) ?? []
      if (told) say?.(`  ${told}`)
      if (line.trim()) lines.push(line)
    })
  }
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  if (code === 0) return
  const said = say ? `:\n${lines.slice(-KEPT_LINES).join('\n')}` : '; see what it said above'
  throw new Failure('Unavailable', `cdk ${args[0]} failed${said}`)
}
