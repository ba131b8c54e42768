import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The files of a DATA_DIR. Those that hold secrets can be read by their owner alone. */
export type DataFolder = Readonly<{
  path: string
  postgres: string
  logFile: string
  functions: string
  compileCache: string
  accessSnapshotUrl: string
  /** Holds what is known of each service. */
  catalogUrl: string
  /** Holds a folder per queue of the template. */
  queues: string
  queuesUrl: string
  adminKeyFile: string
  /** The admin key that an earlier start wrote down. */
  adminKey(): string | undefined
  keepAdminKey(key: string): void
  /** Made on the first start. */
  sourceSecretsKey(): string
  keepPostgresUrl(url: string): void
  /** Where the running system answers; undefined takes it back. */
  announce(address: string | undefined): void
}>

const SECRET_MODE = 0o600
const SECRETS_KEY_BYTES = 32

/** Opens a DATA_DIR, making it when it is not there. */
export function openDataFolder(path: string): DataFolder {
  mkdirSync(path, { recursive: true })
  const file = (name: string) => join(path, name)
  const read = (name: string) =>
    existsSync(file(name)) ? readFileSync(file(name), 'utf8').trim() || undefined : undefined
  return {
    path,
    postgres: file('postgres'),
    logFile: file('bridge.log'),
    functions: file('functions'),
    compileCache: file('compile-cache'),
    accessSnapshotUrl: pathToFileURL(file('access.json')).href,
    catalogUrl: `${pathToFileURL(file('catalog')).href}/`,
    queues: file('queues'),
    queuesUrl: pathToFileURL(file('queues')).href,
    adminKeyFile: file('admin-key'),
    adminKey: () => read('admin-key'),
    keepAdminKey: (key) => writeWhole(file('admin-key'), key),
    sourceSecretsKey() {
      const existing = read('source-secrets-key')
      if (existing) return existing
      const made = randomBytes(SECRETS_KEY_BYTES).toString('base64')
      writeWhole(file('source-secrets-key'), made)
      return made
    },
    keepPostgresUrl: (url) => writeWhole(file('postgres-url'), url),
    announce(address) {
      if (address === undefined) rmSync(file('address'), { force: true })
      else writeWhole(file('address'), address)
    },
  }
}

/** Whoever reads the file sees all of it or nothing, also after a crash. */
function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, `${text}\n`, { mode: SECRET_MODE, flush: true })
  renameSync(temporary, file)
}
