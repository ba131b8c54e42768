import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { readSettings } from './settings.ts'

const HELP = `npm start

Starts the whole system on this machine: PostgreSQL, the event log, every function and the HTTP API.
Ctrl-c stops it clean; a second ctrl-c stops it at once. Nothing that was accepted is lost either way.

  PORT              where it listens, 0 for a free port                     (4000)
  HOST              the address it listens on                               (127.0.0.1)
  DATA_DIR          where everything is kept                                (.omninode)
  DATABASE_URL      a PostgreSQL to use instead of the embedded one
  EVENT_LOG_URL     an event log to use instead of PostgreSQL: kafka://host:port,host:port
  UPSTREAM_NETWORKS where services may stand that are called through it     (127.0.0.0/8,::1/128)
  TLS_CERT TLS_KEY  files of a certificate and its key: it speaks HTTPS; new ones are taken as they come
  TLS_CLIENT_CA     file of authorities whose clients are known by their certificates
  TLS_CLIENT_AUTH   required or optional: whether other clients are let in  (required)
  --help            this text`

if (process.argv.includes('--help')) {
  console.log(HELP)
  process.exit(0)
}
try {
  const settings = readSettings(process.env)
  enableCompileCache(join(settings.dataDir, 'compile-cache'))
  // Loaded only now, so that the cache holds for it.
  const { run } = await import('./console.ts')
  await run(settings)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
