import { resolve } from 'node:path'
import { readTlsFiles, type TlsFiles } from '#shared/adapters/http-server/tls-files.ts'

/** What `npm start` is told by its environment. */
export type Settings = Readonly<{
  host: string
  /** 0 takes a free port. */
  port: number
  dataDir: string
  /** A database and a log to use instead of the embedded ones. */
  databaseUrl: string | undefined
  eventLogUrl: string | undefined
  /** CIDR blocks that services called through the bridge may stand in; empty: public addresses alone. */
  upstreamNetworks: string
  /** The front door speaks TLS where there are files for it. */
  tls: TlsFiles | undefined
}>

const DEFAULT_PORT = 4_000
/** What runs beside it on this machine. */
const DEFAULT_UPSTREAM_NETWORKS = '127.0.0.0/8,::1/128'

/** @throws `Error` for a PORT that is none, and for TLS files that do not go together. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const port = Number(env.PORT || DEFAULT_PORT)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`PORT is '${env.PORT}', which is no port: give 0 to 65535.`)
  }
  return {
    host: env.HOST || '127.0.0.1',
    port,
    dataDir: resolve(env.DATA_DIR || '.omninode'),
    databaseUrl: env.DATABASE_URL || undefined,
    eventLogUrl: env.EVENT_LOG_URL || undefined,
    upstreamNetworks: env.UPSTREAM_NETWORKS ?? DEFAULT_UPSTREAM_NETWORKS,
    tls: readTlsFiles(env),
  }
}
