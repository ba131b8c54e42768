import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runServer } from '#shared/adapters/http-server/server-process.ts'
import { readAssembly } from '../template/assembly.ts'
import { serversOf } from '../template/servers.ts'
import { deployedVariables } from './deployed-variables.ts'
import type { ProxySettings } from './settings.ts'

const NAME = 'tool-proxy'

/**
 * Runs the proxy of a synthesised stage as a process until a signal ends it. It is told what the
 * function of its name that is deployed there is told; variables of its own come first.
 *
 * @throws `Error` when there is nothing to run, or it can't be loaded
 */
export async function runProxy(
  { assembly, listen, tls, asksAws }: ProxySettings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  if (!existsSync(join(assembly, 'manifest.json'))) {
    throw new Error(`There is no synthesised stage in ${assembly}: run npm run synth first.`)
  }
  const module = serversOf(readAssembly(assembly)).get(NAME)
  if (!module) throw new Error(`The stage in ${assembly} has no ${NAME} that listens.`)
  const deployed = asksAws ? await deployedVariables(NAME) : {}
  const own = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]))
  const environment = { ...deployed, ...Object.fromEntries(own) }
  await runServer({ name: NAME, module, environment, listen, tls })
}
