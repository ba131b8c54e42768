import { describe, expect, it, vi } from 'vitest'
import { open } from '#shared/adapters/crypto/seal.ts'
import { anAccessApi } from '#test/support/access-api.ts'

describe('keys', () => {
  it('are shown once, work, and stop working when revoked', async () => {
    const { ask } = await anAccessApi()
    const made = await ask('POST', '/keys', { name: 'ops', roles: ['operator', 'operator'] })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ name: 'ops', roles: ['operator'], active: true })
    const { id, key } = made.body
    expect(JSON.stringify((await ask('GET', '/keys')).body)).not.toContain(key)
    await vi.waitFor(async () =>
      expect((await ask('GET', '/sources', undefined, key)).status).toBe(200),
    )
    expect((await ask('GET', '/keys', undefined, key)).status).toBe(403)

    expect((await ask('DELETE', `/keys/${id}`)).status).toBe(204)
    await vi.waitFor(async () =>
      expect((await ask('GET', '/sources', undefined, key)).status).toBe(401),
    )
    expect((await ask('DELETE', `/keys/${id}`)).status).toBe(404)
  })

  it('keep the last admin', async () => {
    const { ask } = await anAccessApi()
    const { id } = (await ask('GET', '/keys')).body.items[0]
    const answer = await ask('DELETE', `/keys/${id}`)
    expect(answer.status).toBe(409)
    expect(answer.body.detail).toContain('admin')
  })

  it('are refused with what they cannot be', async () => {
    const { ask } = await anAccessApi()
    const cases = [
      { what: 'no name', body: { roles: ['reader'] }, pointer: '/name' },
      { what: 'no role', body: { name: 'a', roles: [] }, pointer: '/roles' },
      { what: 'an unknown role', body: { name: 'a', roles: ['king'] }, pointer: '/roles/0' },
      { what: 'a NUL in the name', body: { name: 'a\0', roles: ['reader'] }, pointer: '/name' },
      {
        what: 'an expiry in the past',
        body: { name: 'a', roles: ['reader'], expires_at: '2020-01-01T00:00:00Z' },
        pointer: '/expires_at',
      },
      {
        what: 'an expiry that is no time',
        body: { name: 'a', roles: ['reader'], expires_at: 'soon' },
        pointer: '/expires_at',
      },
    ]
    for (const { what, body, pointer } of cases) {
      const answer = await ask('POST', '/keys', body)
      expect([answer.status, answer.body.errors[0].pointer], what).toEqual([422, pointer])
    }
  })

  it('are revoked only once that is published, which repeating makes up for', async () => {
    const { ask, place } = await anAccessApi()
    const { id } = (await ask('POST', '/keys', { name: 'a', roles: ['reader'] })).body
    place.isDown = true
    expect((await ask('DELETE', `/keys/${id}`)).status).toBe(503)
    expect((await ask('DELETE', `/keys/${id}`)).status).toBe(503)
    expect(place.snapshot?.keys.map((key) => key.id)).toContain(id)
    place.isDown = false
    expect((await ask('DELETE', `/keys/${id}`)).status).toBe(404)
    expect(place.snapshot?.keys.map((key) => key.id)).not.toContain(id)
  })

  it('are not lost when they cannot be published yet', async () => {
    const { ask, place } = await anAccessApi()
    place.isDown = true
    const made = await ask('POST', '/keys', { name: 'a', roles: ['reader'] })
    expect(made).toMatchObject({ status: 201, body: { active: false } })
  })
})

describe('sources', () => {
  const shop = {
    dialect: 'stripe',
    secrets: ['whsec_first-secret'],
    topic: 'hooks.custom',
    key_template: '{data.customer.id}',
    redact: { keys: ['iban'], prefixes: ['shp_'], emails: true },
  }

  it('are made, shown without their secrets, replaced and removed', async () => {
    const { ask, place, sealing } = await anAccessApi()
    const made = await ask('PUT', '/sources/shop', shop)
    expect(made.status).toBe(201)
    const { secrets, ...rest } = shop
    expect(made.body).toMatchObject({ name: 'shop', ...rest })
    expect(made.body.secrets).toEqual([
      { fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/), created_at: expect.any(String) },
    ])
    expect(JSON.stringify(made.body)).not.toContain('first-secret')
    const sealed = place.snapshot?.sources[0]?.sealedSecrets ?? []
    expect(sealed.map((secret) => open(secret, sealing))).toEqual(secrets)

    const replaced = await ask('PUT', '/sources/shop', { dialect: 'generic' })
    expect(replaced.status).toBe(200)
    expect(replaced.body).toMatchObject({ topic: null, key_template: null, redact: null })
    expect(replaced.body.secrets).toEqual(made.body.secrets)
    expect((await ask('GET', '/sources/shop')).body).toEqual(replaced.body)
    expect((await ask('GET', '/sources')).body.items).toEqual([replaced.body])

    expect((await ask('DELETE', '/sources/shop')).status).toBe(204)
    expect((await ask('DELETE', '/sources/shop')).status).toBe(404)
    expect((await ask('GET', '/sources/shop')).status).toBe(404)
    expect(place.snapshot?.sources).toEqual([])
  })

  it('rotate their secret with both live meanwhile', async () => {
    const { ask, place, sealing } = await anAccessApi()
    await ask('PUT', '/sources/shop', shop)
    await ask('PUT', '/sources/shop', { dialect: 'stripe', add_secret: 'whsec_second-secret' })
    const live = () =>
      place.snapshot?.sources[0]?.sealedSecrets.map((secret) => open(secret, sealing))
    expect(live()).toEqual(['whsec_second-secret', 'whsec_first-secret'])
    await ask('PUT', '/sources/shop', { dialect: 'stripe', secrets: ['whsec_second-secret'] })
    expect(live()).toEqual(['whsec_second-secret'])
  })

  it('are refused with what they cannot be', async () => {
    const { ask } = await anAccessApi()
    const cases = [
      { what: 'no dialect', body: {}, pointer: '/dialect' },
      { what: 'an unknown dialect', body: { dialect: 'latin' }, pointer: '/dialect' },
      { what: 'an unknown topic', body: { dialect: 'generic', topic: 'x' }, pointer: '/topic' },
      {
        what: 'an empty secret',
        body: { dialect: 'generic', secrets: [''] },
        pointer: '/secrets/0',
      },
      {
        what: 'three secrets',
        body: { dialect: 'generic', secrets: ['secret-one', 'secret-two', 'secret-three'] },
        pointer: '/secrets',
      },
      {
        what: 'both ways to change secrets',
        body: { dialect: 'generic', secrets: [], add_secret: 'secret-one' },
        pointer: '/add_secret',
      },
      {
        what: 'an unknown placeholder',
        body: { dialect: 'generic', key_template: '{tenant}' },
        pointer: '/key_template',
      },
      {
        what: 'an open brace',
        body: { dialect: 'generic', key_template: '{data.a' },
        pointer: '/key_template',
      },
    ]
    for (const { what, body, pointer } of cases) {
      const answer = await ask('PUT', '/sources/shop', body)
      expect([answer.status, answer.body.errors[0].pointer], what).toEqual([422, pointer])
    }
  })

  it('are refused under a name that no path should hold', async () => {
    const { ask } = await anAccessApi()
    const answer = await ask('PUT', '/sources/a%20b', { dialect: 'generic' })
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/path/source'])
  })
})
