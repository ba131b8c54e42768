import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openCatalog } from '#shared/adapters/catalog.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { httpClient } from '#test/support/http-client.ts'
import { processTree } from '#test/support/process-tree.ts'
import { type LoadResult, loadSteadily, statusesOf } from '#test/support/proxy-load.ts'
import { registerUpstreams, residentBytes, setRules } from '#test/support/registered-upstreams.ts'
import { type System, startSystem } from '#test/support/system.ts'
import type { UpstreamProcess } from '#test/support/upstream-process.ts'

const SOON = { timeout: 15_000, interval: 20 }
const RULES = { timeout: { default_ms: 2_000 } }
/** Longer than the catalog may go unconfirmed before it is marked. */
const FROZEN_MS = 16_500
const MB = 1_048_576

let system: System
beforeAll(async () => {
  system = await startSystem()
}, 90_000)
afterAll(() => system.stop())

const call = (path: string, init: RequestInit = {}) =>
  system.request(init.method ?? 'GET', `/proxy/${path}`, init)
const register = (service: string, ...names: string[]) => registerUpstreams(system, service, names)
const post = (path: string, nr: number | string) =>
  call(path, { method: 'POST', headers: { 'x-nr': `${nr}` }, body: 'x' })

/** How often each numbered call reached an instance. */
function effectsOf(upstreams: readonly UpstreamProcess[]): ReadonlyMap<string, number> {
  const asked = upstreams.flatMap((each) => each.entries()).filter(({ what }) => what === 'asked')
  return new Map([...Map.groupBy(asked, ({ nr }) => nr)].map(([nr, all]) => [nr, all.length]))
}

function tell(what: string, results: readonly LoadResult[]): void {
  const slowest = Math.max(...results.map(({ ms }) => ms))
  const counts = JSON.stringify(statusesOf(results))
  say(`${what}: ${results.length} calls, ${counts}, slowest ${slowest.toFixed(0)} ms`)
}

const say = (text: string) => process.stdout.write(`${text}\n`)

describe('instances that are killed and frozen under load', () => {
  it('fail under 1 % of calls that may be repeated, and none a second later', async () => {
    const [killed, frozen] = await register('steady', 'a', 'b', 'c')
    const catalog = openCatalog(pathToFileURL(join(system.dataDir, 'catalog', '/')).href)
    onTestFinished(() => catalog.close())
    const learnedFrom = async () => {
      const entry = await catalog.find('steady')
      return entry?.catalog.learned.find(({ operation }) => operation === 'GET /quick')?.calls ?? 0
    }
    const faultsAt: number[] = []
    const results = await loadSteadily(
      200,
      () => call('steady/quick'),
      async () => {
        // Then an instance is given up after three times the learned p99, and another is asked.
        await expect.poll(learnedFrom, SOON).toBeGreaterThanOrEqual(100)
        faultsAt.push(performance.now())
        await killed?.kill()
        await pause(2_500)
        faultsAt.push(performance.now())
        frozen?.freeze()
        await pause(5_000)
      },
    )
    tell('killed, then another frozen', results)
    const failed = results.filter(({ status }) => status !== 200)
    const late = failed.filter(({ at }) => {
      const since = faultsAt.filter((fault) => fault <= at).at(-1) ?? 0
      return at - since > 1_000
    })
    expect(results.length).toBeGreaterThan(1_000)
    expect(failed.length / results.length).toBeLessThan(0.01)
    expect(late).toEqual([])
  })

  it('never get what may not be repeated twice, and its failures are said', async () => {
    const upstreams = await register('orders', 'a', 'b', 'c')
    const [killed, frozen] = upstreams
    await setRules(system, 'orders', RULES)
    const results = await loadSteadily(
      100,
      (nr) => post('orders/slow?ms=20', nr),
      async () => {
        await pause(1_000)
        await killed?.kill()
        await pause(1_000)
        frozen?.freeze()
        await pause(1_500)
      },
    )
    frozen?.thaw()
    tell('orders', results)
    const last = (await post('orders/slow?ms=0', 'last')).status
    expect(last).toBe(200)
    const effects = effectsOf(upstreams)
    expect([...effects].filter(([, times]) => times !== 1)).toEqual([])
    const answered = results.filter(({ status }) => status === 200)
    expect(answered.filter(({ nr }) => !effects.has(`${nr}`))).toEqual([])
    const others = results.filter(({ status }) => ![200, 502, 504].includes(status))
    expect(others).toEqual([])
  })
})

describe('while PostgreSQL is frozen', () => {
  it('calls go on, and each is recorded afterwards or counted as dropped', async () => {
    await register('kept', 'a')
    // What can wait holds 32 MB: more than that is dropped.
    const capture = { max_body_bytes: 131_072 }
    // A share of the limit is drawn from the database for each hundred calls.
    const rate_limit = { requests: 5_000, window_ms: 3_600_000 }
    await setRules(system, 'kept', { capture, rate_limit })
    let thawedAt = 0
    const results = await loadSteadily(
      40,
      () => call('kept/bytes?count=100000'),
      async () => {
        await pause(500)
        const frozen = processTree(system.postgresPid)
        expect(frozen).not.toEqual([])
        try {
          for (const pid of frozen) process.kill(pid, 'SIGSTOP')
          await pause(FROZEN_MS)
        } finally {
          for (const pid of frozen) process.kill(pid, 'SIGCONT')
        }
        thawedAt = performance.now()
        await pause(500)
      },
    )
    tell('PostgreSQL frozen', results)
    expect(statusesOf(results)).toEqual({ 200: results.length })
    expect(Math.max(...results.map(({ ms }) => ms))).toBeLessThan(2_000)
    const before = results.filter(({ at }) => at < thawedAt)
    expect(before[0]?.headers?.get('x-bridge-stale')).toBeNull()
    expect(before.at(-1)?.headers?.get('x-bridge-stale')).toBe('catalog')

    const accounted = async () => {
      const { recorded, dropped } = await recordedOf('kept')
      return { recorded, dropped, missing: results.length + 1 - recorded - dropped }
    }
    // Tells of those that were dropped since the last one that was kept.
    await (await call('kept/bytes?count=1')).arrayBuffer()
    await expect.poll(accounted, SOON).toMatchObject({ missing: 0 })
    const { recorded, dropped } = await accounted()
    say(`PostgreSQL frozen: ${recorded} calls recorded, ${dropped} dropped`)
    expect(dropped).toBeGreaterThan(0)
    expect(recorded).toBeGreaterThan(300)
  }, 90_000)
})

type Captured = Readonly<{ service: string; path: string; dropped_before?: number }>

async function recordedOf(service: string) {
  const client = httpClient(system.address, system.key)
  const events = await client.all<RecordedEvent>('/events?topic=tools.calls&source=tool-proxy')
  const data = events
    .map(({ data }) => data as Captured)
    .filter((each) => each.service === service && each.path !== '/health')
  const dropped = data.reduce((sum, { dropped_before: lost = 0 }) => sum + lost, 0)
  return { recorded: data.length, dropped }
}

describe('the whole bridge, killed under load', () => {
  it('knows its services at once when it starts again, and repeats no call', async () => {
    const upstreams = await register('survivor', 'a', 'b')
    const results = await loadSteadily(
      100,
      (nr) => post('survivor/slow?ms=20', nr),
      async () => {
        await pause(1_000)
        await system.killAll()
      },
    )
    tell('bridge killed', results)
    system = await startSystem({ dataDir: system.dataDir })
    expect((await post('survivor/slow?ms=0', 'first')).status).toBe(200)
    const { items } = (await (await system.request('GET', '/services/survivor')).json()) as {
      items: readonly { id: string; health: string }[]
    }
    expect(items.map(({ id }) => id).sort()).toEqual(['survivor-a', 'survivor-b'])
    const effects = effectsOf(upstreams)
    expect([...effects].filter(([, times]) => times !== 1)).toEqual([])
    const answered = results.filter(({ status }) => status === 200)
    expect(answered.length).toBeGreaterThan(50)
    expect(answered.filter(({ nr }) => !effects.has(`${nr}`))).toEqual([])
  }, 90_000)
})

describe('callers', () => {
  it('who leave end the call to the instance', async () => {
    const [one] = await register('left', 'a')
    const leave = new AbortController()
    const gone = call('left/hang', { signal: leave.signal }).catch((error: Error) => error.name)
    await expect.poll(() => one?.entries().length, SOON).toBe(1)
    leave.abort()
    expect(await gone).toBe('AbortError')
    await expect.poll(() => one?.entries().at(-1)?.what, SOON).toBe('left')
  })

  it('get events as they are sent, and end them by leaving', async () => {
    const [one] = await register('told', 'a')
    const leave = new AbortController()
    const answer = await call('told/events', { signal: leave.signal })
    const arrivals: number[] = []
    let text = ''
    for await (const piece of answer.body ?? []) {
      arrivals.push(performance.now())
      text += Buffer.from(piece).toString()
      if (arrivals.length === 10) break
    }
    expect(text).toMatch(/^data: 0\n\n[\s\S]*data: 9\n\n$/)
    // Ten at once would have waited for each other.
    expect((arrivals[9] ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(500)
    leave.abort()
    await expect.poll(() => one?.entries().at(-1)?.what, SOON).toBe('left')
  })

  it('who read slowly hold an answer of 100 MB back, not the memory of the bridge', async () => {
    await register('large', 'a')
    await (await call(`large/bytes?count=${20 * MB}`)).arrayBuffer()
    const before = residentBytes(system.pid)
    let most = before
    let bytes = 0
    const answer = await call(`large/bytes?count=${100 * MB}`)
    for await (const piece of answer.body ?? []) {
      bytes += piece.byteLength
      most = Math.max(most, residentBytes(system.pid))
      await pause(2)
    }
    const grown = (most - before) / MB
    say(`100 MB to a slow reader: ${grown.toFixed(0)} MB more`)
    expect(bytes).toBe(100 * MB)
    expect(grown).toBeLessThan(60)
  })
})
