import { expect, it } from 'vitest'
import { leadsOutside } from '#shared/adapters/network/leads-outside.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'

const networks = upstreamNetworks('10.0.0.0/8')

it.each([
  { what: 'into the networks', found: ['10.0.0.1', '10.9.9.9'], outside: false },
  { what: 'out of them', found: ['169.254.169.254'], outside: true },
  { what: 'both ways', found: ['10.0.0.1', '127.0.0.1'], outside: true },
])('a name that leads $what is told apart', async ({ found, outside }) => {
  expect(await leadsOutside(networks, async () => found)('service.test')).toBe(outside)
})

it('a name that nobody knows leads nowhere', async () => {
  const unknown = () => Promise.reject(new Error('ENOTFOUND'))
  expect(await leadsOutside(networks, unknown)('nobody.test')).toBe(false)
})
