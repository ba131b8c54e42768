import type { LookupAddress } from 'node:dns'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { guardedLookup, refuseAddress } from '#shared/adapters/network/guarded-lookup.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'

const networks = upstreamNetworks('')
const v4 = (address: string): LookupAddress => ({ address, family: 4 })
const v6 = (address: string): LookupAddress => ({ address, family: 6 })

/** What a connection to a name that resolves like this would be given. */
async function look(answer: readonly LookupAddress[] | NodeJS.ErrnoException, all = true) {
  const lookup = guardedLookup(networks, (_host, _options, done) => {
    if (answer instanceof Error) done(answer, [])
    else done(null, [...answer])
  })
  return promisify(lookup as never)('api.example' as never, { all } as never) as Promise<unknown>
}

describe('a guarded look-up', () => {
  it('hands out the addresses that it checked', async () => {
    expect(await look([v4('8.8.8.8'), v6('2606:4700::1')])).toEqual([
      v4('8.8.8.8'),
      v6('2606:4700::1'),
    ])
  })

  it('hands out the first to who wants one', async () => {
    expect(await look([v4('8.8.8.8'), v4('8.8.4.4')], false)).toBe('8.8.8.8')
  })

  it.each([
    { why: 'is private', addresses: [v4('10.0.0.1')] },
    { why: 'mixes public and private', addresses: [v4('8.8.8.8'), v4('127.0.0.1')] },
    { why: 'is the metadata service', addresses: [v4('169.254.169.254')] },
    { why: 'hides IPv4 in IPv6', addresses: [v6('::ffff:10.0.0.1')] },
  ])('refuses a name that $why', async ({ addresses }) => {
    await expect(look(addresses)).rejects.toMatchObject({ kind: 'Forbidden' })
  })

  it("passes the resolver's own error on", async () => {
    const error: NodeJS.ErrnoException = Object.assign(new Error('no'), { code: 'ENOTFOUND' })
    await expect(look(error)).rejects.toBe(error)
  })
})

describe('a host that is an address', () => {
  it.each(['127.0.0.1', '[::1]', '::1', '[::ffff:10.0.0.1]'])('%s is refused', (host) => {
    expect(() => refuseAddress(networks, host)).toThrow('outside the networks')
  })

  it.each(['8.8.8.8', 'api.example', '127.1'])('%s is left to the look-up, or allowed', (host) => {
    expect(() => refuseAddress(networks, host)).not.toThrow()
  })
})
