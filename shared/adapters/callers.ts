import { Failure } from '../errors.ts'
import type { AccessSnapshots } from '../ports/access-snapshots.ts'
import type { Callers } from '../ports/callers.ts'
import type { UpstreamNetworks } from '../ports/upstream-networks.ts'
import { identifyCaller } from './callers/identify.ts'
import type { FetchKeys } from './callers/key-sets.ts'
import type { Tokens } from './callers/tokens.ts'

type CallersOptions = Readonly<{
  snapshots: AccessSnapshots
  /** Where issuers' key sets may lie beside public addresses. */
  networks: UpstreamNetworks
  now: () => Date
}>

/** An issuer that does not answer holds up the token it made for so long, ms. */
const KEY_SET_TIMEOUT_MS = 2_000
const KEY_SET_MAX_BYTES = 262_144

/**
 * Finds out who calls by what the published snapshot says. What verifies tokens and reads certificates
 * is loaded when the first one comes.
 */
export function openCallers({ snapshots, networks, now }: CallersOptions): Callers {
  return identifyCaller({
    snapshots,
    now,
    openTokens: () => loadTokens(networks, now),
    readCertificate: async (pem) =>
      (await import('./http-server/client-certificate.ts')).clientCertificateOfPem(pem),
  })
}

async function loadTokens(networks: UpstreamNetworks, now: () => Date): Promise<Tokens> {
  const [{ openTokens }, { guardedFetch }, { upstreamNetworks }] = await Promise.all([
    import('./callers/tokens.ts'),
    import('./network/guarded-fetch.ts'),
    import('./network/upstream-networks.ts'),
  ])
  const internet = upstreamNetworks('')
  // Keys that come unencrypted are believed only where the network is one of ours.
  const encrypted = { allows: (at: string) => networks.allows(at) || internet.allows(at) }
  const unencrypted = { allows: (at: string) => networks.allows(at) && !internet.allows(at) }
  const fetchKeys: FetchKeys = async (url) => {
    const { status, body } = await guardedFetch(url, {
      networks: url.startsWith('https:') ? encrypted : unencrypted,
      timeoutMs: KEY_SET_TIMEOUT_MS,
      maxBytes: KEY_SET_MAX_BYTES,
      headers: { accept: 'application/jwk-set+json, application/json' },
    })
    if (status === 200) return body.toString()
    throw new Failure('Unavailable', `a key set's place answered ${status}`)
  }
  return openTokens(fetchKeys, now)
}
