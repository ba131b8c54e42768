import { fileURLToPath } from 'node:url'
import { errorFields, log } from '#shared/log.ts'
import { runServer } from './server-process.ts'

/**
 * What a bundle's `listen.mjs` is made of: runs the `server.mjs` beside it as a process, where Lambda's
 * Web Functions want it to listen (`AWS_LAMBDA_HTTP_ENDPOINT`, host:port; developer guide, "Environment
 * variables").
 */
// biome-ignore lint/style/noProcessEnv: the entry of a process
const environment = process.env as Record<string, string>
const { AWS_LAMBDA_HTTP_ENDPOINT: endpoint = '', AWS_LAMBDA_FUNCTION_NAME: name } = environment
const [, host = '', port] = /^\[?([^\]]*)\]?:(\d+)$/.exec(endpoint) ?? []
if (!port) throw new Error(`AWS_LAMBDA_HTTP_ENDPOINT is '${endpoint}': host:port is wanted`)
try {
  await runServer({
    name: name ?? 'server',
    module: fileURLToPath(new URL('./server.mjs', import.meta.url)),
    environment,
    listen: { host, port: Number(port) },
  })
} catch (error) {
  log('error', 'server.not-started', errorFields(error))
  process.exit(1)
}
