import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings } from '#local/settings.ts'

describe('settings', () => {
  it('have defaults for this machine alone', () => {
    expect(readSettings({})).toEqual({
      host: '127.0.0.1',
      port: 4_000,
      dataDir: resolve('.omninode'),
      databaseUrl: undefined,
      eventLogUrl: undefined,
      upstreamNetworks: '127.0.0.0/8,::1/128',
      tls: undefined,
    })
  })

  it.each(['x', '-1', '65536', '1.5'])('refuse %s as a port', (PORT) => {
    expect(() => readSettings({ PORT })).toThrow(PORT)
  })

  it('take 0 for a free port', () => {
    expect(readSettings({ PORT: '0' }).port).toBe(0)
  })

  const files = { TLS_CERT: 'a.pem', TLS_KEY: 'a-key.pem' }

  it.each([
    [files, { clientAuthorities: undefined, requiresClients: false }],
    [
      { ...files, TLS_CLIENT_CA: 'ca.pem' },
      { clientAuthorities: 'ca.pem', requiresClients: true },
    ],
    [
      { ...files, TLS_CLIENT_CA: 'ca.pem', TLS_CLIENT_AUTH: 'optional' },
      { clientAuthorities: 'ca.pem', requiresClients: false },
    ],
  ])('take the files of TLS: %j', (env, expected) => {
    const read = { certificate: 'a.pem', key: 'a-key.pem', ...expected }
    expect(readSettings(env).tls).toEqual(read)
  })

  it.each([
    [{ TLS_CERT: 'a.pem' }, 'TLS_KEY'],
    [{ TLS_KEY: 'a.pem' }, 'TLS_CERT'],
    [{ TLS_CLIENT_CA: 'a.pem' }, 'TLS_CERT'],
    [{ ...files, TLS_CLIENT_AUTH: 'optional' }, 'TLS_CLIENT_CA'],
    [{ ...files, TLS_CLIENT_CA: 'a.pem', TLS_CLIENT_AUTH: 'maybe' }, 'maybe'],
  ])('refuse TLS files that do not go together: %j', (env, named) => {
    expect(() => readSettings(env)).toThrow(named)
  })
})
