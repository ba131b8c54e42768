import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '#shared/errors.ts'

/** The running bridge, as the demo talks to it. */
export type Bridge = Readonly<{
  address: string
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  put<T>(path: string, body: unknown): Promise<T>
  /** Removes what may be gone already. */
  remove(path: string): Promise<void>
  /** Any call; its status is for the caller to judge. */
  ask(method: string, path: string, more?: Asking): Promise<Answer>
}>

export type Asking = Readonly<{ headers?: Readonly<Record<string, string>>; body?: unknown }>

export type Answer = Readonly<{ status: number; headers: Headers; text: string }>

const NOT_FOUND = 404
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

  const ask: Bridge['ask'] = async (method, path, { headers, body } = {}) => {
    const response = await fetch(address + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    }).catch((error: Error) => {
      throw new Failure('Unavailable', `${method} ${path}: ${error.message}`, { cause: error })
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const { status, text } = await ask(method, path, { body })
    if (status >= 300) {
      throw new Failure('Unavailable', `${method} ${path}: status ${status}, ${text.slice(0, 500)}`)
    }
    return JSON.parse(text) as T
  }
  const bridge: Bridge = {
    address,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    async remove(path) {
      const { status, text } = await ask('DELETE', path)
      if (status >= 300 && status !== NOT_FOUND) {
        throw new Failure('Unavailable', `DELETE ${path}: status ${status}, ${text.slice(0, 500)}`)
      }
    },
    ask,
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
