import type { Mesh } from '../../ports/mesh.ts'
import type { Upstream } from '../../ports/upstream.ts'
import type { UpstreamNetworks } from '../../ports/upstream-networks.ts'
import { openAgents } from './agents.ts'
import { Exchange } from './exchange.ts'

type UpstreamOptions = Readonly<{
  /** Where instances may stand. */
  networks: UpstreamNetworks
  /** For reaching an instance, ms. */
  connectMs?: number
  /** Authorities to trust instead of the system's, PEM. */
  ca?: string
  /** For instances of protocol `connect`; without one they can't be called. */
  mesh?: Mesh | undefined
}>

const CONNECT_MS = 2_000

/**
 * Instances over HTTP/1.1, on connections that are kept and made to checked addresses alone. Bytes go
 * through as they are; redirects are answers.
 */
export function httpUpstream({
  networks,
  connectMs = CONNECT_MS,
  ca,
  mesh,
}: UpstreamOptions): Upstream {
  const agents = openAgents({ networks, connectMs, ca })
  return {
    send: (request) => new Exchange(agents, request, mesh),
    async close() {
      agents.plain.destroy()
      agents.secure.destroy()
      await mesh?.close()
    },
  }
}
