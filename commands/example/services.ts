import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '#shared/errors.ts'
import type { Bridge } from '../demo/bridge.ts'
import type { Rights } from './rights.ts'

/** A process of `examples/` to be started. */
export type Service = Readonly<{
  service: string
  instance: string
  key: string
  /** Behind `examples/`; `.py` is run by Python. */
  file: string
  version?: string
}>

export type RunningService = Readonly<{
  instance: string
  stop(signal?: NodeJS.Signals): Promise<void>
}>

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url))
const PYTHON = 'python3'
const READY_WITHIN_MS = 15_000
const STOP_WITHIN_MS = 3_000

/** All of the example's, in the order in which they are shown. */
export function exampleServices(keys: Rights['keys']): readonly Service[] {
  const stock = { service: 'stock', key: keys['example-stock'], file: 'stock/server.mjs' }
  const prices = { service: 'prices', key: keys['example-prices'], file: 'prices/server.py' }
  const orders = { service: 'orders', key: keys['example-orders'], file: 'orders/server.mjs' }
  return [
    { ...stock, instance: 'stock-a', version: '1.4.0' },
    { ...stock, instance: 'stock-b', version: '1.4.0' },
    { ...stock, instance: 'stock-c', version: '2.0.0' },
    { ...prices, instance: 'prices-a' },
    { ...orders, instance: 'orders-a' },
  ]
}

/** @throws `Unavailable` where there is no Python: one service is written in it. */
export function refuseWithoutPython(): void {
  if (spawnSync(PYTHON, ['--version']).status === 0) return
  throw new Failure('Unavailable', `${PYTHON} is not found: examples/prices is written in Python.`)
}

/** Starts a service; it registers itself. */
export function startService(
  address: string,
  { service, instance, key, file, version }: Service,
): RunningService {
  const program = file.endsWith('.py') ? PYTHON : process.execPath
  const child = spawn(program, [join(FOLDER, file)], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...{ BRIDGE_URL: address, BRIDGE_KEY: key, SERVICE: service, INSTANCE: instance },
      ...(version ? { VERSION: version } : {}),
    },
  })
  child.on('error', (error) => console.error(`${instance} can't be started: ${error.message}`))
  return { instance, stop: (signal) => stopped(child, signal) }
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = new Promise((done) => child.once('exit', done))
  child.kill(signal)
  await Promise.race([gone, pause(STOP_WITHIN_MS)])
  child.kill('SIGKILL')
}

/**
 * Resolves once all of them are passing and can be called, with what the bridge says of them: the proxy
 * hears of a change up to a second after the registry.
 *
 * @throws `Unavailable` naming those that are not in time
 */
export async function untilPassing(
  bridge: Bridge,
  services: readonly Pick<Service, 'service' | 'instance'>[],
): Promise<readonly Listed[]> {
  const deadline = Date.now() + READY_WITHIN_MS
  for (;;) {
    const names = [...new Set(services.map(({ service }) => service))]
    const listed = await Promise.all(names.map((name) => passingOf(bridge, name)))
    const passing = new Map(listed.flat().map((each) => [each.id, each]))
    const missing = services.filter(({ instance }) => !passing.has(instance))
    if (missing.length === 0 && (await areCallable(bridge, names))) {
      return services.flatMap(({ instance }) => passing.get(instance) ?? [])
    }
    if (Date.now() > deadline) {
      const ids = missing.map(({ instance }) => instance).join(', ') || 'by way of the proxy'
      throw new Failure('Unavailable', `not passing within ${READY_WITHIN_MS} ms: ${ids}`)
    }
    await pause(100)
  }
}

async function areCallable(bridge: Bridge, services: readonly string[]): Promise<boolean> {
  const answers = services.map((service) => bridge.ask('GET', `/proxy/${service}/health`))
  return (await Promise.all(answers)).every(({ status }) => status === 200)
}

type Listed = Readonly<{ id: string; version: string }>

async function passingOf(bridge: Bridge, service: string): Promise<readonly Listed[]> {
  const { status, text } = await bridge.ask('GET', `/services/${service}?passing=true`)
  // Nobody of that name has registered yet.
  if (status !== 200) return []
  return (JSON.parse(text) as { items: readonly Listed[] }).items
}
