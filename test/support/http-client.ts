import { setTimeout as pause } from 'node:timers/promises'

/** An answer with its body parsed where it is JSON. */
export type HttpAnswer<T = unknown> = Readonly<{ status: number; headers: Headers; body: T }>

type SendOptions = Readonly<{
  headers?: Readonly<Record<string, string>>
  /** Replaces the client's key; null sends none. */
  key?: string | null
  timeoutMs?: number
}>

/** Talks to a running bridge as any client would. */
export type HttpClient = Readonly<{
  address: string
  key: string
  get<T = unknown>(path: string, options?: SendOptions): Promise<HttpAnswer<T>>
  /** Sends text and bytes as they are, anything else as JSON. */
  post<T = unknown>(path: string, body: unknown, options?: SendOptions): Promise<HttpAnswer<T>>
  put<T = unknown>(path: string, body: unknown, options?: SendOptions): Promise<HttpAnswer<T>>
  /** Every item of a list, over all its pages. @throws when a page is refused. */
  all<T>(path: string): Promise<readonly T[]>
}>

const TIMEOUT_MS = 15_000

/** A client of the bridge at `address`, which sends `key` with every call. */
export function httpClient(address: string, key: string): HttpClient {
  const send = async <T>(
    method: string,
    path: string,
    body: unknown,
    options: SendOptions = {},
  ) => {
    const sentKey = options.key === undefined ? key : options.key
    const response = await fetch(address + path, {
      method,
      headers: {
        ...(sentKey === null ? {} : { authorization: `Bearer ${sentKey}` }),
        'content-type': 'application/json',
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: toBody(body) }),
      signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    const parsed = (isJson && text ? JSON.parse(text) : text) as T
    return { status: response.status, headers: response.headers, body: parsed }
  }

  const get = <T>(path: string, options?: SendOptions) => send<T>('GET', path, undefined, options)
  return {
    address,
    key,
    get,
    post: (path, body, options) => send('POST', path, body, options),
    put: (path, body, options) => send('PUT', path, body, options),
    async all<T>(path: string) {
      const items: T[] = []
      let cursor: string | null = null
      do {
        const url = new URL(path, address)
        url.searchParams.set('limit', '1000')
        if (cursor) url.searchParams.set('cursor', cursor)
        const { status, body } = await get<{ items: T[]; next: string | null }>(
          url.pathname + url.search,
        )
        if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`)
        items.push(...body.items)
        cursor = body.next
      } while (cursor)
      return items
    },
  }
}

function toBody(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return body
  return body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body)
}

/** Asks again until an answer is no longer undefined. @throws after `timeoutMs`, naming `what`. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  timeoutMs = 15_000,
): Promise<T> {
  const end = performance.now() + timeoutMs
  let last: unknown
  while (performance.now() < end) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      last = error
    }
    await pause(25)
  }
  throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: last })
}

type Lags = Readonly<{ items: readonly Readonly<{ consumer: string; lag: number }>[] }>

/** The functions that read the log; others may read the same Kafka, and need not be done. */
const CONSUMERS = /^(event-recorder|pattern-processor)-/

/** Waits until every consumer of the bridge has read everything that is on the log. */
export async function settled(client: HttpClient, timeoutMs = 30_000): Promise<void> {
  let items: Lags['items'] = []
  const areDone = async () => {
    items = (await client.get<Lags>('/lag')).body.items.filter(({ consumer }) =>
      CONSUMERS.test(consumer),
    )
    return items.length > 0 && items.every(({ lag }) => lag === 0) ? true : undefined
  }
  await eventually('all consumers have read everything', areDone, timeoutMs).catch((error) => {
    const behind = items.filter(({ lag }) => lag > 0)
    throw new Error(`${error.message}: ${JSON.stringify(behind.slice(0, 5))}`, { cause: error })
  })
}
