import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const parts = join(import.meta.dirname, '../../../shared/parts')
const nodeModules = join(import.meta.dirname, '../../node_modules')

export type EmulatorName = 'LocalStack' | 'MiniStack'

/** An emulator of AWS of its own, empty at first. */
export type Emulator = Readonly<{
  /** What to set for tools to find it. */
  env: Readonly<Record<string, string>>
  stop(): Promise<void>
}>

const tools: Readonly<Record<EmulatorName, string>> = {
  LocalStack: join(parts, 'localstack/localstack'),
  MiniStack: join(parts, 'ministack/ministack'),
}

/** Whether this machine has what starts it. */
export const hasEmulator = (name: EmulatorName): boolean => existsSync(tools[name])

/** @throws with what the tool said when it can't be started here */
export async function startEmulator(
  name: EmulatorName,
  options: { name: string; port: number },
): Promise<Emulator> {
  const tool = tools[name]
  const instance = ['--name', options.name]
  const common = ['start', ...instance, '--port', String(options.port), '--node', process.execPath]
  // Functions find the SDK, which the runtime of AWS has, in folders above their own.
  const folder = mkdtempSync(join(tmpdir(), 'omninode-emulator-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const special = {
    LocalStack: ['--external-ports', String(options.port + 1), '--node-modules', nodeModules],
    MiniStack: ['--data', data],
  }
  if (name === 'MiniStack') symlinkSync(nodeModules, join(data, 'node_modules'))
  const { stdout } = await run(tool, [...common, ...special[name]])
  return {
    env: Object.fromEntries(
      [...stdout.matchAll(/^(?:export )?(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [
        key,
        value.replaceAll("'", ''),
      ]),
    ),
    async stop() {
      await run(tool, ['stop', ...instance, ...(name === 'MiniStack' ? ['--purge'] : [])])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
