import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Failure } from '../../errors.ts'
import type { UpstreamNetworks } from '../../ports/upstream-networks.ts'

type Resolve = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * A `lookup` for connections that hands out checked addresses alone: the connection is made to what was
 * checked, so that a name which resolves otherwise the next moment changes nothing. A name one of whose
 * addresses is not allowed is refused whole: who mixes them means to get past the check.
 *
 * Fails with `Forbidden` for an address that is not allowed and the resolver's own error otherwise.
 */
export function guardedLookup(
  networks: UpstreamNetworks,
  resolve: Resolve = lookup,
): LookupFunction {
  return (host, options, done) => {
    const { family = 0, hints = 0, order } = options
    const asked: LookupAllOptions = { family, hints, all: true, ...(order ? { order } : {}) }
    resolve(host, asked, (error, addresses) => {
      const refused = error ?? refusalOf(networks, host, addresses)
      if (refused) done(refused, '', 0)
      else if (options.all) done(null, addresses)
      else done(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 0)
    })
  }
}

/** Checks a host that is an address: Node looks those up nowhere. @throws `Forbidden` */
export function refuseAddress(networks: UpstreamNetworks, host: string): void {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host
  if (isIP(bare) && !networks.allows(bare)) throw refusal(host, bare)
}

function refusalOf(networks: UpstreamNetworks, host: string, addresses: readonly LookupAddress[]) {
  const refused = addresses.find(({ address }) => !networks.allows(address))
  return refused && refusal(host, refused.address)
}

function refusal(host: string, address: string): Failure {
  const shown = host === address ? address : `${host} (${address})`
  return new Failure('Forbidden', `${shown} lies outside the networks that upstreams may stand in`)
}
