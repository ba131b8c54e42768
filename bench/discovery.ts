import { Agent, get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { consulDirectory } from '#shared/adapters/consul/directory.ts'
import { consulKeyValue } from '#shared/adapters/consul/key-value.ts'
import { type ConsulSettings, consulSettings } from '#shared/adapters/consul/settings.ts'
import type { Registration } from '#shared/domain/discovery/instance.ts'
import type { Watching } from '#shared/ports/watching.ts'
import { type BenchOptions, type Figure, quantile, type Report } from './report.ts'

const CALLS = 2_000
const CHANGES = 200
const SMOKE = 20
/** Longer than a watch waits to tell quick changes together. */
const BETWEEN_CHANGES_MS = 30

/** Looking up and being told of changes through Consul, beside the same request by node:http. */
export async function discovery({ smoke }: BenchOptions): Promise<Report> {
  if (!process.env.CONSUL_HTTP_ADDR) {
    return { figures: [], notes: ['not run: CONSUL_HTTP_ADDR is not set'] }
  }
  const settings = consulSettings(process.env)
  const calls = smoke ? SMOKE : CALLS
  const changes = smoke ? SMOKE : CHANGES
  const figures = [
    ...(await lookups(settings, calls)),
    ...(await healthChanges(settings, changes)),
    ...(await keyChanges(settings, changes)),
  ]
  return {
    figures,
    notes: [`${calls} lookups and renewals, ${changes} changes; one after another`],
  }
}

async function lookups(settings: ConsulSettings, calls: number): Promise<Figure[]> {
  const directory = consulDirectory(settings)
  const agent = new Agent({ keepAlive: true })
  const [one, ...others] = ['a', 'b', 'c'].map(anInstance) as [Registration, ...Registration[]]
  const { service } = one
  try {
    for (const instance of [one, ...others]) await directory.register(instance)
    const path = `/v1/health/service/${service}?passing=true&consistent=1`
    const bare = settings.secure ? [] : await times(calls, () => bareGet(settings, path, agent))
    return [
      ...quantiles(
        'lookup of 3 instances',
        await times(calls, () => directory.lookup(service)),
        10,
      ),
      ...(bare.length === 0 ? [] : quantiles('the same by node:http', bare)),
      ...quantiles('renewal of a TTL check', await times(calls, () => directory.renew(one))),
    ]
  } finally {
    for (const instance of [one, ...others]) await directory.deregister(instance)
    await directory.close()
    agent.destroy()
  }
}

async function healthChanges(settings: ConsulSettings, changes: number): Promise<Figure[]> {
  const directory = consulDirectory(settings)
  const instance = anInstance('a')
  await directory.register(instance)
  const took = await wakeUps(
    (signal) => directory.watchInstances(instance.service, signal),
    (nr) => directory.renew(instance, nr % 2 ? 'passing' : 'warning'),
    changes,
  )
  await directory.deregister(instance)
  await directory.close()
  return quantiles('change of health -> watch', took)
}

async function keyChanges(settings: ConsulSettings, changes: number): Promise<Figure[]> {
  const store = consulKeyValue(settings)
  const key = `bench/${Date.now()}`
  const took = await wakeUps(
    (signal) => store.watch(key, signal),
    (nr) => store.set(key, String(nr)),
    changes,
  )
  await store.delete(key)
  await store.close()
  return quantiles('change of a key -> watch', took)
}

/** Ms from asking for each change until a watch has told it. */
async function wakeUps(
  watch: (signal: AbortSignal) => Watching<unknown>,
  change: (nr: number) => Promise<void>,
  changes: number,
): Promise<number[]> {
  const took: number[] = []
  const stop = new AbortController()
  let told: () => void = () => undefined
  const next = () => new Promise<void>((done) => (told = done))
  const first = next()
  const reading = (async () => {
    for await (const _ of watch(stop.signal)) told()
  })()
  await first
  for (let nr = 0; nr < changes; nr++) {
    await pause(BETWEEN_CHANGES_MS)
    const seen = next()
    const started = performance.now()
    await Promise.all([change(nr), seen.then(() => took.push(performance.now() - started))])
  }
  stop.abort()
  await reading
  return took
}

async function times(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  for (let nr = 0; nr < count; nr++) {
    const started = performance.now()
    await work()
    took.push(performance.now() - started)
  }
  return took
}

function bareGet({ host, port, token }: ConsulSettings, path: string, agent: Agent) {
  const headers = token === undefined ? {} : { 'X-Consul-Token': token }
  return new Promise<void>((done, fail) => {
    get({ host, port, path, agent, headers }, (response) => {
      response.on('end', done).on('error', fail).resume()
    }).on('error', fail)
  })
}

function quantiles(name: string, took: readonly number[], p99AtMost?: number): Figure[] {
  return [
    { name: `${name}, p50`, value: quantile(took, 0.5), unit: 'ms' },
    {
      ...{ name: `${name}, p99`, value: quantile(took, 0.99), unit: 'ms' },
      ...(p99AtMost === undefined ? {} : { atMost: p99AtMost }),
    },
  ]
}

function anInstance(id: string): Registration {
  return {
    ...{ service: `bench-${process.pid}`, id, address: '127.0.0.1', port: 8_080 },
    ...{ version: '1.0.0', protocol: 'http', capabilities: ['a', 'b'], tags: [], meta: {} },
    check: { kind: 'ttl', ttlMs: 60_000 },
  }
}
