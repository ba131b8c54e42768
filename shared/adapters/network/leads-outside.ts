import { lookup } from 'node:dns'
import { promisify } from 'node:util'
import type { UpstreamNetworks } from '../../ports/upstream-networks.ts'

/** A resolver that takes longer holds nobody up. */
const TIMEOUT_MS = 1_500

/**
 * Whether a name leads, as it resolves here and now, to an address that is not allowed. One that does
 * not resolve in time leads nowhere. A name can be turned elsewhere the next moment: this keeps honest
 * mistakes out; who connects has to check again, with `guardedLookup`.
 */
export const leadsOutside =
  (networks: UpstreamNetworks, resolve = resolveAll) =>
  async (host: string): Promise<boolean> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<readonly string[]>((done) => {
      timer = setTimeout(() => done([]), TIMEOUT_MS)
    })
    try {
      const addresses = await Promise.race([resolve(host).catch(() => []), late])
      return addresses.some((address) => !networks.allows(address))
    } finally {
      clearTimeout(timer)
    }
  }

async function resolveAll(host: string): Promise<readonly string[]> {
  return (await promisify(lookup)(host, { all: true })).map(({ address }) => address)
}
