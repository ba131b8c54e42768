import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { composeFile } from './docker.ts'

/** Where LocalStack answers this machine. */
export const LOCALSTACK = 'http://127.0.0.1:4566'

/** Functions and the poller reach log and databases by the names that stand in the compose file. */
export function places(): Readonly<Record<string, string>> {
  const { 'x-places': found } = parse(readFileSync(composeFile, 'utf8')) as {
    'x-places': Record<string, string>
  }
  return found
}
