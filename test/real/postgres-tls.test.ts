import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secretArn } from '#test/support/cloud-access.ts'
import {
  canStartTlsPostgres,
  startTlsPostgres,
  type TlsPostgres,
} from '#test/support/tls-postgres.ts'

describe('a database over TLS whose password lies in a secret', () => {
  if (!process.env.DATABASE_URL || !canStartTlsPostgres) {
    it.skip('is not run: DATABASE_URL is not set, or there is no tool to start a server', () =>
      undefined)
    return
  }
  let server: TlsPostgres
  beforeAll(async () => {
    server = await startTlsPostgres('database-tls', 19_470)
  }, 60_000)
  afterAll(() => server.stop(), 60_000)

  async function probe(more: string, trusted: boolean, password = 'postgres') {
    const secret = secretArn('database')
    const url = `postgres://postgres@localhost:${server.port}/omninode?secret=${secret}${more}`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['test/support/database-probe.ts', url, password],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: trusted ? server.caFile : '' } },
    )
    return JSON.parse(stdout) as Record<string, string>
  }

  it('verifies the certificate unless the URL says otherwise', async () => {
    expect(await probe('', true)).toEqual({ tls: expect.stringMatching(/^TLSv1/) })
    expect(await probe('', false)).toMatchObject({
      kind: 'Misconfigured',
      message: expect.stringMatching(/certificate .* not trusted .*NODE_EXTRA_CA_CERTS/),
    })
    expect(await probe('&sslmode=require', false)).toEqual({ tls: expect.stringMatching(/^TLSv1/) })
    expect(await probe('&sslmode=disable', false)).toEqual({ tls: 'none' })
  })

  it('refuses a wrong password as without TLS', async () => {
    expect(await probe('', true, 'wrong')).toMatchObject({
      kind: 'Misconfigured',
      message: expect.stringContaining('the database refuses us'),
    })
  })
})
