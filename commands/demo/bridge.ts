import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '#shared/errors.ts'

/** The running bridge, as the demo talks to it. */
export type Bridge = Readonly<{
  address: string
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
}>

const ANSWER_TIMEOUT_MS = 10_000

/**
 * The bridge that `npm start` runs on a data folder.
 *
 * @throws `Unavailable` when none runs there.
 */
export async function runningBridge(dataDir: string): Promise<Bridge> {
  const addressFile = join(dataDir, 'address')
  const keyFile = join(dataDir, 'admin-key')
  if (!existsSync(addressFile) || !existsSync(keyFile)) throw notRunning(dataDir)
  const address = readFileSync(addressFile, 'utf8').trim().replace(/\/$/, '')
  const key = readFileSync(keyFile, 'utf8').trim()

  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(address + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    }).catch((error: Error) => {
      throw new Failure('Unavailable', `${method} ${path}: ${error.message}`, { cause: error })
    })
    if (!response.ok) {
      const answer = (await response.text()).slice(0, 500)
      throw new Failure('Unavailable', `${method} ${path}: status ${response.status}, ${answer}`)
    }
    return (await response.json()) as T
  }
  const bridge: Bridge = {
    address,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
  }
  await fetch(`${address}/livez`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).catch(() => {
    throw notRunning(dataDir)
  })
  return bridge
}

function notRunning(dataDir: string): Failure {
  return new Failure(
    'Unavailable',
    `no bridge runs on ${dataDir}: start one with \`npm start\` in another terminal, with the same DATA_DIR.`,
  )
}
