import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type ConsulSettings, consulSettings } from '#shared/adapters/consul/settings.ts'

const run = promisify(execFile)
const tool = join(import.meta.dirname, '../../../shared/parts/consul/consul')

/** A Consul of its own, which a test may freeze and kill. */
export type ConsulServerUnderTest = Readonly<{
  settings: ConsulSettings
  /** What its variables are, `CONSUL_HTTP_ADDR` and the like. */
  environment: Readonly<Record<string, string>>
  /** `start` brings a killed one back with its data, and answers once it is well. */
  server(command: 'pause' | 'resume' | 'kill' | 'start'): Promise<void>
  stop(): Promise<void>
}>

/** Whether this machine can start one. */
export const canStartConsul = existsSync(tool)

export async function startConsul(
  name: string,
  port: number,
  ...options: readonly string[]
): Promise<ConsulServerUnderTest> {
  const command = (...args: string[]) => run(tool, [...args, '--name', name])
  await command('stop', '--purge')
  const { stdout } = await command('start', '--port', String(port), ...options)
  const lines = [...stdout.matchAll(/^(\w+)=(.*)$/gm)]
  const environment = Object.fromEntries(
    lines.map(([, key = '', value = '']) => [key, value.replaceAll(/^'|'$/g, '')]),
  )
  return {
    settings: consulSettings(environment),
    environment,
    async server(verb) {
      await command(verb)
    },
    async stop() {
      await command('stop', '--purge')
    },
  }
}
