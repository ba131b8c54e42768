import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { consulTarget } from '#shared/adapters/consul/consul-url.ts'
import { consulAt, openDirectory, openHealthChecks } from '#shared/adapters/discovery.ts'

const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:consul-AbCdEf'
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
const plain = { secure: false, host: 'consul', port: 8_500, token: undefined, ca: undefined }

/** A cloud that has these secrets. */
const secretsOf = (texts: Readonly<Record<string, string>>) => ({
  secret: async (arn: string) => texts[arn] ?? Promise.reject(new Error(`no ${arn}`)),
})

describe('a Consul by URL', () => {
  it.each([
    ['consul://consul', plain],
    ['consul://10.0.0.1:8610/', { ...plain, host: '10.0.0.1', port: 8_610 }],
    ['consul://consul?tls=on', { ...plain, secure: true, port: 8_501 }],
    ['consul://consul?token=a%20b+c', { ...plain, token: 'a b+c' }],
    [
      `consul://consul:443?tls=on&token=secret:${ARN}#key&ca=/etc/ca.pem`,
      { ...plain, secure: true, port: 443, token: `secret:${ARN}#key`, ca: '/etc/ca.pem' },
    ],
  ])('is read from %s', (url, target) => {
    expect(consulTarget(url)).toEqual(target)
  })

  it.each([
    'consul://',
    'consul://a,b',
    'consul://[::1]:8500',
    'consul://consul/kv',
    'consul://user:password@consul',
    'consul://consul?datacenter=x',
    'consul://consul?tls=yes',
    'consul://consul?ca=/etc/ca.pem',
    'consul:consul',
    'consul://consul?token=%zz',
  ])('is refused as %s', (url) => {
    expect(() => consulTarget(url)).toThrow(/^the discovery URL: /)
  })

  it('has its token and its authorities from secrets', async () => {
    const ca = ARN.replace('consul-', 'ca-')
    const access = secretsOf({ [ARN]: 'token-1\n', [ca]: JSON.stringify({ certificate: PEM }) })
    const url = `consul://consul?tls=on&token=secret:${ARN}&ca=${ca}`
    expect(await consulAt(url, access)).toMatchObject({ token: 'token-1', ca: PEM })
  })

  it('has its authorities from a file, which must hold some', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'omninode-ca-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await writeFile(join(folder, 'ca.pem'), PEM)
    await writeFile(join(folder, 'empty.pem'), '')
    const at = (file: string) => consulAt(`consul://consul?tls=on&ca=${join(folder, file)}`)
    expect((await at('ca.pem')).ca).toBe(PEM)
    for (const file of ['empty.pem', 'missing.pem']) {
      await expect(at(file)).rejects.toMatchObject({ kind: 'Misconfigured' })
    }
  })
})

it('a discovery URL is one of PostgreSQL or of Consul, which does its checks by itself', async () => {
  await expect(openDirectory('http://consul:8500')).rejects.toMatchObject({ kind: 'InvalidInput' })
  expect(await openHealthChecks('consul://consul:8500')).toBeUndefined()
  const directory = await openDirectory('consul://consul:8500')
  await directory.close()
})
