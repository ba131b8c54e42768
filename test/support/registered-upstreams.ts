import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { eventually } from './http-client.ts'
import type { System } from './system.ts'
import { startUpstream, type UpstreamProcess } from './upstream-process.ts'

/** Every 10 s: what calls find out is quicker. */
const CHECK = { http: '/health' }

/**
 * Starts an instance for each name, registers it, and waits until the proxy knows all of them. They are
 * killed when the test has ended.
 */
export async function registerUpstreams(
  system: System,
  service: string,
  names: readonly string[],
  address = '127.0.0.1',
): Promise<readonly UpstreamProcess[]> {
  const upstreams = await Promise.all(
    names.map((name) => startUpstream(`${service}-${name}`, address)),
  )
  onTestFinished(async () => {
    await Promise.all(upstreams.map((upstream) => upstream.kill()))
  })
  for (const { name, port } of upstreams) {
    const answer = await register(system, service, name, { address, port, check: CHECK })
    if (answer.status !== 200) throw new Error(`${service}/${name}: ${await answer.text()}`)
  }
  await eventually(`all instances of ${service} pass`, async () => {
    const answer = await system.request('GET', `/services/${service}/resolve`)
    const { instances = [] } = (await answer.json()) as { instances?: readonly unknown[] }
    if (instances.length < names.length) return undefined
    // The proxy reads the catalog for itself.
    const { status } = await system.request('GET', `/proxy/${service}/health`)
    return status === 200 ? true : undefined
  })
  return upstreams
}

/** Registers an instance of version 1.0.0. */
export const register = (
  { request }: System,
  service: string,
  id: string,
  instance: Readonly<{ address: string; port: number; check?: object }>,
): Promise<Response> =>
  request('PUT', `/services/${service}/instances/${id}`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: '1.0.0', ...instance }),
  })

/** Sets the routing rules of a service. */
export async function setRules({ request }: System, service: string, rules: object): Promise<void> {
  const answer = await request('PUT', `/services/${service}/routing`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(rules),
  })
  if (!answer.ok) throw new Error(`rules of ${service}: ${await answer.text()}`)
}

/** Memory of a process, bytes. Linux alone. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(match?.[1]) * 1_024
}
