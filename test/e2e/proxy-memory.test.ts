import { expect, it, onTestFinished } from 'vitest'
import { heapBytes, INSPECTED } from '#test/support/heap.ts'
import { eventually } from '#test/support/http-client.ts'
import { register } from '#test/support/registered-upstreams.ts'
import { startSystem } from '#test/support/system.ts'
import { startUpstream } from '#test/support/upstream-process.ts'

const SERVICES = 2_000
const SENDERS = 16
const PHASE_MS = 10_000
const MB = 1_048_576

it('services, paths and sessions that are new with each call leave nothing behind', async () => {
  const system = await startSystem({ env: INSPECTED })
  onTestFinished(() => system.stop())
  const upstream = await startUpstream('many')
  onTestFinished(() => upstream.kill())
  const { port } = upstream
  const instance = { address: '127.0.0.1', port, check: { ttl_ms: 600_000 } }
  await manyTimes(SERVICES, async (nr) => {
    const answer = await register(system, `many-${nr}`, 'one', instance)
    expect(answer.status).toBe(200)
    await answer.arrayBuffer()
  })
  const statuses = new Map<number, number>()
  const send = async (nr: number) => {
    // Of ten, one is for nobody, and one has a name of its own as its operation.
    const kind = nr % 10
    const service = kind === 0 ? `nobody-${nr}` : `many-${nr % SERVICES}`
    const path = kind === 1 ? `/proxy/many-1/${lettersOf(nr)}` : `/proxy/${service}/quick/${nr}`
    const headers = { 'x-session-id': `session-${nr}`, 'x-correlation-id': `correlation-${nr}` }
    const answer = await system.request('GET', path, { headers })
    await answer.arrayBuffer()
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
  }
  await eventually('the last service is known', async () => {
    const answer = await system.request('GET', `/proxy/many-${SERVICES - 1}/health`)
    return answer.status === 200 ? true : undefined
  })

  let sent = 0
  const during = async () => {
    const until = performance.now() + PHASE_MS
    const first = sent
    await Promise.all(
      Array.from({ length: SENDERS }, async () => {
        while (performance.now() < until) await send(sent++)
      }),
    )
    return sent - first
  }
  const started = await heapBytes(system.output())
  const first = await during()
  const before = await heapBytes(system.output())
  const calls = await during()
  const after = await heapBytes(system.output())
  const shown = [started, before, after].map((bytes) => (bytes / MB).toFixed(1)).join(', ')
  const counts = JSON.stringify(Object.fromEntries(statuses))
  process.stdout.write(`heap ${shown} MB after 0, ${first}, ${first + calls} calls: ${counts}\n`)
  expect([...statuses.keys()].sort()).toEqual([200, 503])
  expect(after - before).toBeLessThan(8 * MB)
}, 120_000)

async function manyTimes(count: number, once: (nr: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await once(next++)
  }
  await Promise.all(Array.from({ length: SENDERS }, worker))
}

/** A word: no number that the name of an operation leaves out. */
function lettersOf(nr: number): string {
  return [...nr.toString()].map((digit) => 'abcdefghij'[Number(digit)]).join('')
}
