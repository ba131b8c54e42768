import { type CheckResult, healthOf } from './health.ts'
import type { HealthCheck, Instance, InstanceRef, ListedInstance } from './instance.ts'
import { META_VALUE_BYTES } from './instance-problems.ts'
import { packWords, unpackWords } from './packed-words.ts'

/** A service as Consul holds it. */
export type ConsulService = Readonly<{
  id: string
  name: string
  address: string
  port: number
  tags: string[]
  meta: Record<string, string>
}>

/** An entry of Consul's `GET /v1/health/service/:service`. */
export type ConsulHealthEntry = Readonly<{
  Node: Readonly<{ Node: string; Address: string }>
  Service: Readonly<{
    ID: string
    Service: string
    Address: string
    Port: number
    Tags: readonly string[] | null
    Meta: Readonly<Record<string, string>> | null
  }>
  Checks: readonly CheckResult[]
}>

const CAPABILITIES = /^capabilities(?:-(\d+))?$/
/** What a service that says no version has: the lowest there is. */
const NO_VERSION = '0.0.0'
const NO_PROTOCOL = 'http'

/** Ids are unique per agent in Consul, and per service here; a name has no colon. */
export function consulServiceId({ service, id }: InstanceRef): string {
  return `${service}:${id}`
}

/**
 * The check of a kind has an id of its own: under one id Consul (seen in 1.8.7) goes on asking by HTTP
 * after a TTL check took the other's place, and overwrites what was reported.
 */
export function consulCheckId(ref: InstanceRef, kind: HealthCheck['kind']): string {
  return `${kind}:${consulServiceId(ref)}`
}

/** Writes an instance as a Consul service: what Consul has no field for stands in Meta. */
export function toConsulService(instance: Instance): ConsulService {
  const { service, address, port, version, protocol, capabilities, tags, meta } = instance
  const packed = packWords(capabilities, META_VALUE_BYTES).map((text, nr) => [
    nr === 0 ? 'capabilities' : `capabilities-${nr + 1}`,
    text,
  ])
  return {
    id: consulServiceId(instance),
    name: service,
    ...{ address, port, tags: [...tags] },
    meta: { ...meta, version, protocol, ...Object.fromEntries(packed) },
  }
}

/**
 * Reads an instance back with its health. One that others registered has no capabilities, and a
 * version and a protocol only if its Meta says so; its id is Consul's.
 */
export function fromConsulEntry({ Node, Service, Checks }: ConsulHealthEntry): ListedInstance {
  const meta = Object.entries(Service.Meta ?? {})
  const service = Service.Service
  const own = consulServiceId({ service, id: '' })
  const packed = meta
    .flatMap(([key, text]) => {
      const found = CAPABILITIES.exec(key)
      return found ? [{ nr: Number(found[1] ?? 1), text }] : []
    })
    .sort((a, b) => a.nr - b.nr)
  return {
    service,
    id: Service.ID.startsWith(own) ? Service.ID.slice(own.length) : Service.ID,
    address: Service.Address || Node.Address,
    port: Service.Port,
    version: Service.Meta?.version ?? NO_VERSION,
    protocol: Service.Meta?.protocol ?? NO_PROTOCOL,
    capabilities: unpackWords(packed.map(({ text }) => text)),
    tags: Service.Tags ?? [],
    meta: Object.fromEntries(
      meta.filter(([key]) => key !== 'version' && key !== 'protocol' && !CAPABILITIES.test(key)),
    ),
    ...healthOf(Checks),
  }
}
