import { Failure } from '../../errors.ts'
import type { Mesh, MeshIdentity, MeshPass } from '../../ports/mesh.ts'
import { agentGet } from './agent-get.ts'
import { keepNewest } from './mesh-watch.ts'
import type { ConsulSettings } from './settings.ts'

/** The service that the bridge is in the mesh. */
const OURSELVES = 'omninode-bridge'
/** How long what Consul said of an intention is believed, and how long while Consul is away, ms. */
const BELIEVED_MS = 1_000
const LONGEST_MS = 60_000
const ASK_TIMEOUT_MS = 1_500
/** A first certificate has to be signed. */
const FIRST_CERTIFICATE_MS = 3_000
const MOST_SERVICES = 10_000

type Leaf = Readonly<{ certificate: string; key: string; notAfter: number; datacenter: string }>
type Roots = Readonly<{ trustDomain: string; authorities: readonly string[] }>
type Intention = { allowed: boolean; at: number; asking: Promise<void> | undefined }

/**
 * Consul Connect without a sidecar (https://developer.hashicorp.com/consul/docs/connect/native): our
 * own leaf certificate, which the agent renews well before it ends, is followed by a blocking query;
 * so are the authorities. Who may call whom is Consul's intentions.
 */
export function consulMesh(settings: ConsulSettings, nowMs: () => number = Date.now): Mesh {
  const closing = new AbortController()
  const { signal } = closing
  // Followed from the first call on: a Consul without Connect is asked nothing.
  let followed: ReturnType<typeof follow> | undefined
  const follow = () => ({
    leaf: keepNewest(settings, `agent/connect/ca/leaf/${OURSELVES}`, readLeaf, signal),
    roots: keepNewest(settings, 'agent/connect/ca/roots', readRoots, signal),
  })
  const intentions = new Map<string, Intention>()

  async function ask(service: string, intention: Intention): Promise<void> {
    const query = new URLSearchParams({ source: OURSELVES, destination: service })
    const path = `connect/intentions/check?${query}`
    const at = nowMs()
    const { value } = await agentGet(settings, path, ASK_TIMEOUT_MS, signal)
    intention.allowed = (value as { Allowed?: unknown }).Allowed === true
    intention.at = at
  }

  function intentionOf(service: string): Intention {
    const known = intentions.get(service)
    if (known) return known
    const made = { allowed: false, at: Number.NEGATIVE_INFINITY, asking: undefined }
    intentions.set(service, made)
    if (intentions.size > MOST_SERVICES) {
      const [oldest = ''] = intentions.keys()
      intentions.delete(oldest)
    }
    return made
  }

  async function mayCall(service: string): Promise<boolean> {
    const intention = intentionOf(service)
    if (nowMs() - intention.at > BELIEVED_MS) {
      intention.asking ??= ask(service, intention).finally(() => {
        intention.asking = undefined
      })
      try {
        await intention.asking
      } catch (error) {
        if (nowMs() - intention.at > LONGEST_MS) throw error
      }
    }
    return intention.allowed
  }

  async function identity() {
    followed ??= follow()
    const { leaf, roots } = followed
    await Promise.all([leaf.had(FIRST_CERTIFICATE_MS), roots.had(FIRST_CERTIFICATE_MS)])
    const [own, trusted] = [leaf.newest(), roots.newest()]
    if (!own || !trusted || own.notAfter <= nowMs()) {
      throw new Failure('Unavailable', 'Consul has given no valid certificate for the mesh.')
    }
    return { own, trusted }
  }

  return {
    async admit(service): Promise<MeshPass> {
      const [{ own, trusted }, isAllowed] = await Promise.all([identity(), mayCall(service)])
      if (!isAllowed) {
        throw new Failure('Forbidden', `No intention lets ${OURSELVES} call ${service}.`)
      }
      const { trustDomain, authorities } = trusted
      const { datacenter } = own
      return {
        identity: identityOf(own, authorities),
        spiffeId: `spiffe://${trustDomain}/ns/default/dc/${datacenter}/svc/${service}`,
        serverName: `${service}.default.${datacenter}.internal.${trustDomain}`,
      }
    },
    async close() {
      closing.abort()
    },
  }
}

const identities = new WeakMap<Leaf, MeshIdentity>()

/** One object for as long as nothing changes: connections are secured by it. */
function identityOf(leaf: Leaf, authorities: readonly string[]): MeshIdentity {
  const known = identities.get(leaf)
  if (known?.authorities === authorities) return known
  const { certificate, key, notAfter } = leaf
  const made = { certificate, key, notAfter, authorities }
  identities.set(leaf, made)
  return made
}

function readLeaf(value: unknown): Leaf {
  const { CertPEM, PrivateKeyPEM, ValidBefore, ServiceURI } = value as Record<string, string>
  const datacenter = /\/dc\/([^/]+)\//.exec(ServiceURI ?? '')?.[1]
  if (!CertPEM || !PrivateKeyPEM || !ValidBefore || !datacenter) {
    throw new Failure('Unavailable', 'Consul answered with no certificate.')
  }
  const notAfter = Date.parse(ValidBefore)
  return { certificate: CertPEM, key: PrivateKeyPEM, notAfter, datacenter }
}

/** Every authority counts: while one takes over from another, services have certificates of both. */
function readRoots(value: unknown): Roots {
  type Root = { RootCert: string; IntermediateCerts: string[] | null }
  const { TrustDomain, Roots } = value as { TrustDomain?: string; Roots?: readonly Root[] | null }
  if (!TrustDomain || !Roots?.length) {
    throw new Failure('Unavailable', 'Consul has no authority for the mesh.')
  }
  return { trustDomain: TrustDomain, authorities: Roots.map(({ RootCert }) => RootCert) }
}
