import { BlockList, isIP } from 'node:net'
import { Failure } from '../../errors.ts'
import type { UpstreamNetworks } from '../../ports/upstream-networks.ts'

/**
 * Addresses that no list opens: they stand for no host, for many, or for a cloud's metadata service,
 * which gives credentials to whoever asks.
 */
const NEVER = networkList([
  '0.0.0.0/8',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  'ff00::/8',
  // AWS, Azure, Google, Oracle; AWS over IPv6, its ECS and its Pod Identity endpoints; Alibaba; Azure's wire server.
  '169.254.169.254/32',
  'fd00:ec2::254/128',
  '169.254.170.2/32',
  '169.254.170.23/32',
  'fd00:ec2::23/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
])

/** What the special-purpose registries of IANA (RFC 6890) set aside, so that the rest is public. */
const NOT_PUBLIC = networkList([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '240.0.0.0/4',
  '::1/128',
  // Translated and tunnelled forms reach IPv4 addresses that would be refused as such.
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
])

/**
 * The networks of a list of CIDR blocks, separated by commas. Without one: every public address.
 *
 * @throws `InvalidInput` naming the first entry that is no CIDR block.
 */
export function upstreamNetworks(cidrs: string): UpstreamNetworks {
  const blocks = cidrs.split(',').flatMap((each) => each.trim() || [])
  const listed = blocks.length === 0 ? undefined : networkList(blocks)
  return {
    allows(address) {
      const plain = plainAddress(address)
      const family = familyOf(plain)
      if (!family || NEVER.check(plain, family)) return false
      return listed ? listed.check(plain, family) : !NOT_PUBLIC.check(plain, family)
    },
  }
}

function networkList(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [network = '', prefix = '', ...more] = block.split('/')
    const family = familyOf(network)
    const widest = family === 'ipv4' ? 32 : 128
    if (!family || more.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > widest) {
      throw new Failure('InvalidInput', `UPSTREAM_NETWORKS: '${block}' is no CIDR block`)
    }
    list.addSubnet(network, Number(prefix), family)
  }
  return list
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const family = isIP(address)
  return family === 4 ? 'ipv4' : family === 6 ? 'ipv6' : undefined
}

/** IPv4 written as IPv6 (RFC 4291, section 2.5.5) is the IPv4 address; a zone index is dropped. */
function plainAddress(address: string): string {
  const [bare = ''] = address.split('%')
  if (isIP(bare) !== 6) return bare
  const { hostname } = new URL(`http://[${bare}]`)
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname)
  if (!mapped) return hostname.slice(1, -1)
  const [high, low] = [mapped[1], mapped[2]].map((text) => Number.parseInt(text ?? '', 16))
  return [high, low].flatMap((word = 0) => [word >> 8, word & 255]).join('.')
}
