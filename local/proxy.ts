import { readProxySettings } from './server/settings.ts'

const HELP = `npm run proxy [-- options]

Runs tool-proxy as a process: where the API in front of functions streams nothing (LocalStack,
MiniStack), calls between services go here, to /proxy/{service}/... . It is told what the deployed
function is told; variables of its own come first. /livez and /readyz tell how it is; ctrl-c takes
nothing new and finishes the calls under way.

  --assembly FOLDER   the synthesised stage (npm run synth makes it)        (cdk.out/compose)
  --help              this text

  PROXY_PORT          where it listens, 0 for a free port                   (4010)
  HOST                the address it listens on                             (127.0.0.1)
  TLS_CERT, TLS_KEY, TLS_CLIENT_CA, TLS_CLIENT_AUTH    as of npm start
  AWS_ENDPOINT_URL    the AWS that has the function, http://127.0.0.1:4566 for LocalStack
  EVENT_LOG_URL, CATALOG_URL, DISCOVERY_URL, ACCESS_SNAPSHOT_URL, UPSTREAM_NETWORKS, ZONE,
  DATABASE_URL        instead of what the function is told, or where there is no such AWS`

if (process.argv.includes('--help')) {
  console.log(HELP)
  process.exit(0)
}
try {
  const settings = readProxySettings(process.argv.slice(2), process.env)
  const { runProxy } = await import('./server/run.ts')
  await runProxy(settings, process.env)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
