import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readTlsFiles, type TlsFiles } from '#shared/adapters/http-server/tls-files.ts'

/** What `npm run proxy` is told. */
export type ProxySettings = Readonly<{
  /** The synthesised stage whose function is run. */
  assembly: string
  listen: Readonly<{ host: string; port: number }>
  tls: TlsFiles | undefined
  /** Whether there is an AWS to ask for the deployed function's variables. */
  asksAws: boolean
}>

const DEFAULT_PORT = 4_010
const MOST_PORTS = 65_535

/** @throws `Error` naming what is wrong. */
export function readProxySettings(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ProxySettings {
  const options = { assembly: { type: 'string', default: 'cdk.out/compose' } } as const
  const { assembly } = parseArgs({ args: [...args], options }).values
  const port = Number(env.PROXY_PORT || DEFAULT_PORT)
  if (!Number.isInteger(port) || port < 0 || port > MOST_PORTS) {
    throw new Error(`PROXY_PORT is '${env.PROXY_PORT}', which is no port: give 0 to ${MOST_PORTS}.`)
  }
  return {
    assembly: resolve(assembly),
    listen: { host: env.HOST || '127.0.0.1', port },
    tls: readTlsFiles(env),
    asksAws: Boolean(env.AWS_ENDPOINT_URL),
  }
}
