import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withoutSecrets } from '#shared/domain/connection-url.ts'
import { Failure } from '#shared/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_DATA_DIR = '.omninode'

/** The database: DATABASE_URL, else that of the embedded place that runs on DATA_DIR. */
export function databaseUrl(environment: Environment): string {
  return environment.DATABASE_URL || embeddedUrl(environment, 'DATABASE_URL')
}

/** The event log: EVENT_LOG_URL, else KAFKA_BROKERS, else that of the embedded place. */
export function eventLogUrl(environment: Environment): string {
  const { EVENT_LOG_URL, KAFKA_BROKERS } = environment
  if (EVENT_LOG_URL) return EVENT_LOG_URL
  if (KAFKA_BROKERS) return `kafka://${KAFKA_BROKERS}`
  return embeddedUrl(environment, 'EVENT_LOG_URL or KAFKA_BROKERS')
}

/** `npm start` writes the URL of its PostgreSQL to a file that only its owner may read. */
function embeddedUrl(environment: Environment, variable: string): string {
  const file = join(environment.DATA_DIR || DEFAULT_DATA_DIR, 'postgres-url')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  throw new Failure(
    'NotFound',
    `nothing runs here (no ${file}): run npm start beside this, or set ${variable}`,
  )
}

/** A URL without its secrets, for people to read. */
export const withoutPassword = withoutSecrets
