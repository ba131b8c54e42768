/** Names one instance of a service; ids are unique within their service. */
export type InstanceRef = Readonly<{ service: string; id: string }>

/** How an instance's health is found out. */
export type HealthCheck =
  | Readonly<{
      kind: 'ttl'
      /** Silent for so long, it is critical. */
      ttlMs: number
      /** Critical for so long, it is removed: not sooner, at most a minute later. */
      removeAfterMs?: number
    }>
  | Readonly<{
      /** The directory's side asks: 2xx is passing, 429 warning, everything else critical. */
      kind: 'http'
      scheme: 'http' | 'https'
      /** At the instance's own address and port: a check can't be pointed elsewhere. */
      path: string
      intervalMs: number
      timeoutMs: number
      removeAfterMs?: number
    }>

/** A place where a service answers, and what it can do there. */
export type Instance = InstanceRef &
  Readonly<{
    /** A host name or an IP address, IPv6 without brackets. */
    address: string
    port: number
    /** Semantic Versioning 2.0.0. */
    version: string
    protocol: string
    capabilities: readonly string[]
    tags: readonly string[]
    meta: Readonly<Record<string, string>>
  }>

/** An instance as it announces itself. */
export type Registration = Instance & Readonly<{ check: HealthCheck }>

/** What an instance with a TTL check says of itself. */
export type Condition = 'passing' | 'warning' | 'critical'

/** `maintenance` is taken out by hand, whatever the checks say. */
export type Health = Condition | 'maintenance'

/** An instance as the directory knows it. */
export type ListedInstance = Instance &
  Readonly<{
    health: Health
    /** What the check that decides says; empty while passing. */
    reason: string
  }>

/** Where an HTTP check asks. */
export function checkUrl(
  { address, port }: Pick<Instance, 'address' | 'port'>,
  { scheme, path }: Extract<HealthCheck, { kind: 'http' }>,
): string {
  const host = address.includes(':') ? `[${address}]` : address
  return `${scheme}://${host}:${port}${path}`
}
