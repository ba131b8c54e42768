import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { consulStart } from '#stacks/constructs/consul-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'omninode-consul-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pem = '-----BEGIN CERTIFICATE-----\nMIIB%s\\n\n-----END CERTIFICATE-----'

/** Runs what the container runs, with something else in the server's place. */
function start(): string {
  const consul = join(folder, 'consul')
  writeFileSync(consul, '#!/bin/sh\necho "$@"\nenv\n')
  chmodSync(consul, 0o755)
  return execFileSync('/bin/sh', ['-c', consulStart.replaceAll('/tmp/consul', folder)], {
    encoding: 'utf8',
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      TLS_CERTIFICATE: pem,
      TLS_KEY: 'the key',
      TLS_CA: 'the authority',
      GOSSIP_KEY: 'g'.repeat(32),
      TOKEN: 't'.repeat(32),
    },
  })
}

it('the container writes certificates and settings as they are, for the server alone', () => {
  const said = start()
  expect(said).toContain(`agent -config-dir=${folder}/config`)
  expect(readFileSync(join(folder, 'certificate.pem'), 'utf8')).toBe(`${pem}\n`)
  expect(JSON.parse(readFileSync(join(folder, 'config/secrets.json'), 'utf8'))).toEqual({
    encrypt: 'g'.repeat(32),
    acl: { tokens: { initial_management: 't'.repeat(32), agent: 't'.repeat(32) } },
  })
  const server = JSON.parse(readFileSync(join(folder, 'config/server.json'), 'utf8'))
  expect(server).toMatchObject({ server: true, acl: { default_policy: 'deny' } })
  expect(server.tls.defaults.key_file).toBe(`${folder}/key.pem`)
  expect(statSync(join(folder, 'key.pem')).mode & 0o077).toBe(0)
})

it('the server inherits no secret', () => {
  expect(start()).not.toMatch(/^(TLS_|GOSSIP_KEY|TOKEN)/m)
})
