import { randomUUID } from 'node:crypto'
import type { Answer, Bridge } from '../demo/bridge.ts'

const skus = ['chair', 'lamp', 'sofa'] as const
const SIDE_BY_SIDE = 8

/** Places orders by way of the bridge, each in a session of its own; how many ended how. */
export async function placeOrders(
  bridge: Bridge,
  count: number,
  tell: (done: number) => void,
): Promise<ReadonlyMap<number, number>> {
  return manyTimes(count, tell, async (nr) => {
    const { status } = await bridge.ask('POST', '/proxy/orders/orders', {
      headers: { 'x-session-id': `example-${randomUUID()}` },
      body: { sku: skus[nr % skus.length], quantity: 1 },
    })
    return status
  })
}

/** Asks for stock without a version, as who does not care; which version answered how often, and how. */
export async function askStock(
  bridge: Bridge,
  count: number,
  tell: (done: number) => void,
): Promise<ReadonlyMap<string, number>> {
  return manyTimes(count, tell, async (nr) => {
    const answer = await bridge.ask('GET', `/proxy/stock/stock/${skus[nr % skus.length]}`)
    return `${answer.headers.get('served-version')} ${answer.status}`
  })
}

async function manyTimes<T>(
  count: number,
  tell: (done: number) => void,
  once: (nr: number) => Promise<T>,
): Promise<ReadonlyMap<T, number>> {
  const counts = new Map<T, number>()
  let next = 0
  let done = 0
  const worker = async () => {
    while (next < count) {
      const result = await once(next++)
      counts.set(result, (counts.get(result) ?? 0) + 1)
      tell(++done)
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
  return counts
}

/** What of an answer tells where it came from. */
export function shownHeaders({ headers }: Answer): string {
  const names = ['served-version', 'x-bridge-instance', 'deprecation', 'server-timing', 'via']
  return names
    .flatMap((name) => (headers.has(name) ? [`  ${name}: ${headers.get(name)}`] : []))
    .join('\n')
}
