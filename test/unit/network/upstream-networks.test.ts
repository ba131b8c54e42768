import { describe, expect, it } from 'vitest'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'

const publicOnly = upstreamNetworks('')

describe('without a list, public addresses alone are allowed', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '2606:4700:4700::1111',
    '::ffff:8.8.8.8',
  ])('allows %s', (address) => {
    expect(publicOnly.allows(address)).toBe(true)
  })

  it.each([
    ['this network', '0.0.0.0'],
    ['loopback', '127.0.0.1'],
    ['all of loopback', '127.255.255.254'],
    ['private (RFC 1918)', '10.0.0.1'],
    ['private (RFC 1918)', '172.16.0.1'],
    ['private (RFC 1918)', '172.31.255.255'],
    ['private (RFC 1918)', '192.168.1.1'],
    ['carrier-grade NAT (RFC 6598)', '100.64.0.1'],
    ['link-local (RFC 3927)', '169.254.1.1'],
    ["a cloud's metadata", '169.254.169.254'],
    ["a container's credentials", '169.254.170.2'],
    ['benchmarking (RFC 2544)', '198.18.0.1'],
    ['documentation (RFC 5737)', '203.0.113.7'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['unique local (RFC 4193)', 'fd12:3456::1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ["AWS's metadata over IPv6", 'fd00:ec2::254'],
    ['NAT64 (RFC 6052)', '64:ff9b::7f00:1'],
    ['6to4 (RFC 3056)', '2002:7f00:1::'],
    ['documentation (RFC 3849)', '2001:db8::1'],
    ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
    ['the same in hex', '::ffff:7f00:1'],
    ['the same in full', '0:0:0:0:0:ffff:7f00:0001'],
    ['IPv4-mapped private', '::ffff:10.0.0.1'],
  ])('refuses %s: %s', (_what, address) => {
    expect(publicOnly.allows(address)).toBe(false)
  })
})

describe('with a list', () => {
  const networks = upstreamNetworks(' 127.0.0.0/8, ::1/128,10.1.0.0/16 ')

  it.each(['127.0.0.1', '127.9.9.9', '::1', '10.1.2.3', '::ffff:10.1.2.3'])(
    'allows %s, which it names',
    (address) => {
      expect(networks.allows(address)).toBe(true)
    },
  )

  it.each(['8.8.8.8', '10.2.0.1', '::2', '128.0.0.1'])(
    'refuses %s, which it does not',
    (address) => {
      expect(networks.allows(address)).toBe(false)
    },
  )

  it.each(['169.254.169.254', '::ffff:169.254.169.254', '0.0.0.0', '::', '224.0.0.1'])(
    'never opens %s',
    (address) => {
      expect(upstreamNetworks('0.0.0.0/0,::/0').allows(address)).toBe(false)
    },
  )

  it.each(['127.1', '2130706433', '0x7f.0.0.1', 'localhost', '', '1.2.3.4.5', '[::1]'])(
    'takes %j for no address',
    (text) => {
      expect(networks.allows(text)).toBe(false)
    },
  )
})

describe('a list that is none', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    'a/8',
    '1.2.3.4/8/8',
    '10.0.0.0/-1',
  ])('is refused by its first bad entry: %s', (text) => {
    expect(() => upstreamNetworks(`10.0.0.0/8,${text}`)).toThrow(`'${text}' is no CIDR block`)
  })
})
