import { describe, expect, it } from 'vitest'
import { brokenAt, type TrailEntry } from '#shared/domain/audit-trail.ts'
import { fromRecord } from '#shared/domain/events/record.ts'
import { Failure } from '#shared/errors.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import { anAccessApi } from '#test/support/access-api.ts'

const billing = { grants: [{ service: 'billing', capabilities: ['invoices.read'] }] }
const login = {
  issuer: 'https://login.example',
  audiences: ['bridge'],
  jwks_url: 'https://login.example/keys',
  algorithms: ['ES256'],
  allowed_roles: ['reader'],
}
const web = { match: { spiffe_id: 'spiffe://prod/web' }, roles: ['caller'] }

/** A log that remembers what it was given, and that can be away. */
function aLog() {
  const records: NewRecord[] = []
  const log = {
    isDown: false,
    async append(given: readonly NewRecord[]) {
      if (log.isDown) throw new Failure('Unavailable', 'no log')
      records.push(...given)
      return []
    },
  }
  const events = () =>
    records.map((record) => {
      const event = fromRecord(record)
      if (!event) throw new Error('no event')
      const { id, source, type, body } = event
      return { id, source, type, data: JSON.parse(String(body)) as TrailEntry }
    })
  return { log, events }
}

describe('roles', () => {
  it('are made, shown, replaced, published and removed', async () => {
    const { ask, place } = await anAccessApi()
    const made = await ask('PUT', '/roles/billing-reader', billing)
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      name: 'billing-reader',
      grants: [{ ...billing.grants[0], register: false }],
    })
    expect(place.snapshot?.roles).toEqual([{ name: 'billing-reader', ...billing }])
    const again = await ask('PUT', '/roles/billing-reader', { grants: [] })
    expect([again.status, again.body.grants]).toEqual([200, []])
    expect((await ask('GET', '/roles/billing-reader')).body).toEqual(again.body)
    expect((await ask('GET', '/roles')).body).toEqual({ items: [again.body], next: null })
    expect((await ask('DELETE', '/roles/billing-reader')).status).toBe(204)
    expect((await ask('DELETE', '/roles/billing-reader')).status).toBe(404)
    expect((await ask('GET', '/roles/billing-reader')).status).toBe(404)
    expect(place.snapshot?.roles).toEqual([])
  })

  it('that somebody holds are not removed, and the answer says who', async () => {
    const { ask } = await anAccessApi()
    await ask('PUT', '/roles/billing-reader', billing)
    const { id } = (await ask('POST', '/keys', { name: 'a', roles: ['billing-reader'] })).body
    await ask('PUT', '/issuers/login', { ...login, allowed_roles: ['billing-reader'] })
    await ask('PUT', '/certificates/web', { ...web, roles: ['reader', 'billing-reader'] })
    const refused = await ask('DELETE', '/roles/billing-reader')
    expect(refused.status).toBe(409)
    expect(refused.body.held_by).toEqual(['certificate web', 'issuer login', `key ${id}`])
    await ask('DELETE', '/issuers/login')
    await ask('DELETE', '/certificates/web')
    await ask('DELETE', `/keys/${id}`)
    expect((await ask('DELETE', '/roles/billing-reader')).status).toBe(204)
  })

  it('have to be there before anybody holds them', async () => {
    const { ask } = await anAccessApi()
    const cases = [
      ['POST', '/keys', { name: 'a', roles: ['reader', 'gone'] }, '/roles/1'],
      ['PUT', '/issuers/login', { ...login, allowed_roles: ['gone'] }, '/allowed_roles/0'],
      ['PUT', '/certificates/web', { ...web, roles: ['gone'] }, '/roles/0'],
    ] as const
    for (const [method, url, body, pointer] of cases) {
      const answer = await ask(method, url, body)
      expect([answer.status, answer.body.errors[0].pointer], url).toEqual([422, pointer])
    }
  })

  it('are held by a key at the same time as they go, or not', async () => {
    const { ask } = await anAccessApi()
    for (let i = 0; i < 5; i++) {
      await ask('PUT', '/roles/brief', billing)
      const [key, removal] = await Promise.all([
        ask('POST', '/keys', { name: 'a', roles: ['brief'] }),
        ask('DELETE', '/roles/brief'),
      ])
      expect([
        [201, 409],
        [422, 204],
      ]).toContainEqual([key.status, removal.status])
      if (key.status === 201) await ask('DELETE', `/keys/${key.body.id}`)
    }
  })

  it('let nobody but an admin change them, and say so', async () => {
    const { ask } = await anAccessApi()
    const { key } = (await ask('POST', '/keys', { name: 'a', roles: ['operator'] })).body
    const refused = await ask('PUT', '/roles/mine', billing, key)
    expect(refused.status).toBe(403)
    expect(refused.body).toMatchObject({
      missing: { role: 'admin' },
      held: ['operator'],
      why: expect.any(String),
    })
  })

  it('are refused with what they cannot be', async () => {
    const { ask } = await anAccessApi()
    const cases = [
      ['a built-in name', '/roles/admin', billing, '/path/role'],
      ['another built-in name', '/roles/caller', billing, '/path/role'],
      ['a name in capitals', '/roles/Billing', billing, '/path/role'],
      ['no grants', '/roles/a', {}, '/grants'],
      ['a service in capitals', '/roles/a', grants({ service: 'Billing' }), '/grants/0/service'],
      ['a pattern of services', '/roles/a', grants({ service: 'bill*' }), '/grants/0/service'],
      [
        'a capability with spaces',
        '/roles/a',
        grants({ capabilities: ['a b'] }),
        '/grants/0/capabilities/0',
      ],
      ['very many grants', '/roles/a', { grants: Array(101).fill(billing.grants[0]) }, '/grants'],
      [
        'very many capabilities',
        '/roles/a',
        grants({ capabilities: Array(101).fill('a') }),
        '/grants/0/capabilities',
      ],
      ['an unknown field', '/roles/a', grants({ actions: ['*'] }), '/grants/0/actions'],
    ] as const
    for (const [what, url, body, pointer] of cases) {
      const answer = await ask('PUT', url, body)
      expect([answer.status, answer.body.errors[0].pointer], what).toEqual([422, pointer])
    }
  })

  it('have an end to how large they are together', async () => {
    const { ask } = await anAccessApi()
    const capabilities = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(128, 'x'))
    const large = { grants: Array(50).fill({ service: 'a', capabilities }) }
    const statuses: number[] = []
    for (let i = 0; i < 8; i++) statuses.push((await ask('PUT', `/roles/large-${i}`, large)).status)
    expect(statuses).toEqual([201, 201, 201, 201, 201, 201, 409, 409])
    // One that is there already may be made smaller.
    expect((await ask('PUT', '/roles/large-0', billing)).status).toBe(200)
  })
})

function grants(changed: object) {
  return { grants: [{ ...billing.grants[0], ...changed }] }
}

describe('issuers', () => {
  it('are made with defaults, shown, published and removed', async () => {
    const { ask, place } = await anAccessApi()
    const made = await ask('PUT', '/issuers/login', login)
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      ...login,
      leeway_s: 30,
      roles_claim: null,
      fixed_roles: [],
      required_claims: [],
      token_type: null,
    })
    expect(place.snapshot?.issuers).toEqual([
      {
        name: 'login',
        issuer: login.issuer,
        audiences: login.audiences,
        jwksUrl: login.jwks_url,
        algorithms: login.algorithms,
        leewayS: 30,
        fixedRoles: [],
        allowedRoles: ['reader'],
        requiredClaims: [],
      },
    ])
    expect((await ask('GET', '/issuers')).body.items).toEqual([made.body])
    expect((await ask('DELETE', '/issuers/login')).status).toBe(204)
    expect(place.snapshot?.issuers).toEqual([])
  })

  it('are one for each iss', async () => {
    const { ask } = await anAccessApi()
    await ask('PUT', '/issuers/login', login)
    const second = await ask('PUT', '/issuers/second', login)
    expect(second.status).toBe(409)
    expect(second.body.detail).toContain("'login'")
    expect((await ask('PUT', '/issuers/login', { ...login, leeway_s: 0 })).status).toBe(200)
  })

  it('are refused with what they cannot be', async () => {
    const { ask } = await anAccessApi()
    const cases = [
      ['none', { algorithms: ['none'] }, '/algorithms/0'],
      ['a shared secret', { algorithms: ['HS256'] }, '/algorithms/0'],
      ['no algorithm', { algorithms: [] }, '/algorithms'],
      ['no audience', { audiences: [] }, '/audiences'],
      ['a file as key set', { jwks_url: 'file:///etc/passwd' }, '/jwks_url'],
      ['a login in the key set’s URL', { jwks_url: 'https://a:b@login.example/' }, '/jwks_url'],
      ['a long leeway', { leeway_s: 301 }, '/leeway_s'],
      ['no role allowed', { allowed_roles: [] }, '/allowed_roles'],
      ['fixed roles beyond those allowed', { fixed_roles: ['admin'] }, '/fixed_roles'],
      ['a type there is not', { token_type: 'jose' }, '/token_type'],
    ] as const
    for (const [what, changed, pointer] of cases) {
      const answer = await ask('PUT', '/issuers/login', { ...login, ...changed })
      expect([answer.status, answer.body.errors[0].pointer], what).toEqual([422, pointer])
    }
  })
})

describe('certificates', () => {
  it.each([
    [{ spiffe_id: 'spiffe://prod/web' }, { kind: 'spiffe-id', value: 'spiffe://prod/web' }],
    [{ spiffe_prefix: 'spiffe://prod/' }, { kind: 'spiffe-prefix', value: 'spiffe://prod/' }],
    [{ subject: 'CN=web' }, { kind: 'subject', value: 'CN=web' }],
  ])('are known by %j', async (match, published) => {
    const { ask, place } = await anAccessApi()
    const made = await ask('PUT', '/certificates/web', { ...web, match })
    expect([made.status, made.body.match]).toEqual([201, match])
    expect(place.snapshot?.certificates).toEqual([
      { name: 'web', match: published, roles: ['caller'] },
    ])
    expect((await ask('PUT', '/certificates/web2', { ...web, match })).status).toBe(409)
    expect((await ask('DELETE', '/certificates/web')).status).toBe(204)
  })

  it('are refused with what they cannot be', async () => {
    const { ask } = await anAccessApi()
    const cases = [
      ['no match', { match: {} }],
      ['two matches', { match: { spiffe_id: 'spiffe://prod/web', subject: 'CN=web' } }],
      ['no SPIFFE id', { match: { spiffe_id: 'prod/web' } }],
      ['a prefix in the midst of a name', { match: { spiffe_prefix: 'spiffe://prod/we' } }],
      ['no roles', { roles: [] }],
    ] as const
    for (const [what, changed] of cases) {
      const answer = await ask('PUT', '/certificates/web', { ...web, ...changed })
      expect(answer.status, what).toBe(422)
    }
  })
})

describe('the audit trail', () => {
  it('tells every change once: who, what, when, and no secret', async () => {
    const { ask, outbox } = await anAccessApi()
    const made = await ask('POST', '/keys', { name: 'ops', roles: ['admin'] })
    const { id, key } = made.body
    await ask('PUT', '/roles/billing-reader', billing, key)
    await ask('PUT', '/roles/billing-reader', billing, key)
    await ask('PUT', '/issuers/login', login)
    await ask('PUT', '/certificates/web', web)
    await ask('DELETE', '/certificates/web')
    await ask('DELETE', '/issuers/login')
    await ask('DELETE', '/roles/billing-reader')
    await ask('DELETE', '/roles/billing-reader')
    await ask('DELETE', `/keys/${id}`)
    const { log, events } = aLog()
    expect(await outbox(log).drain()).toBe(9)
    expect(await outbox(log).drain()).toBe(0)
    expect(events().map(({ type }) => type.replace('services.lifecycle.', ''))).toEqual([
      'key_created',
      'key_created',
      'role_changed',
      'issuer_changed',
      'certificate_changed',
      'certificate_removed',
      'issuer_removed',
      'role_removed',
      'key_revoked',
    ])
    expect(events()[0]?.data.by.kind).toBe('setup')
    expect(events()[2]).toMatchObject({
      source: 'access',
      data: { entry: 3, by: { kind: 'key', id, name: 'ops' }, what: { role: billing } },
    })
    expect(brokenAt(events())).toBeUndefined()
    const text = JSON.stringify(events())
    expect(text).not.toContain(key)
    expect(text).not.toMatch(/[^t]digest":"(?!.{64}")/)
  })

  it('has nothing of a change that was refused', async () => {
    const { ask, outbox } = await anAccessApi()
    const { log } = aLog()
    await outbox(log).drain()
    await ask('PUT', '/roles/admin', billing)
    await ask('POST', '/keys', { name: 'a', roles: ['gone'] })
    await ask('DELETE', '/roles/gone')
    const [first] = (await ask('GET', '/keys')).body.items
    expect((await ask('DELETE', `/keys/${first.id}`)).status).toBe(409)
    expect(await outbox(log).drain()).toBe(0)
  })

  it('is kept while the log is away, and told once it is back', async () => {
    const { ask, outbox } = await anAccessApi()
    const { log, events } = aLog()
    log.isDown = true
    await ask('PUT', '/roles/a', billing)
    await expect(outbox(log).drain()).rejects.toMatchObject({ kind: 'Unavailable' })
    log.isDown = false
    await ask('PUT', '/roles/b', billing)
    expect(await outbox(log).drain()).toBe(3)
    expect(brokenAt(events())).toBeUndefined()
  })

  it('counts an entry once that was told just before a crash', async () => {
    const { ask, outbox, sql } = await anAccessApi()
    await ask('PUT', '/roles/a', billing)
    const { log, events } = aLog()
    /** Takes the records, and then the connection of who brought them is gone. */
    const crashing = {
      async append(given: readonly NewRecord[]) {
        await log.append(given)
        await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`
        return []
      },
    }
    await expect(outbox(crashing).drain()).rejects.toThrow()
    expect(await outbox(log).drain()).toBe(2)
    const ids = events().map(({ id }) => id)
    expect(ids).toHaveLength(4)
    expect(ids.slice(0, 2)).toEqual(ids.slice(2))
    expect(brokenAt(events().slice(2))).toBeUndefined()
  })

  it('is brought by one at a time, in order', async () => {
    const { ask, outbox } = await anAccessApi()
    for (let i = 0; i < 5; i++) await ask('PUT', `/roles/r${i}`, billing)
    const { log, events } = aLog()
    const drained = await Promise.all(Array.from({ length: 4 }, () => outbox(log).drain()))
    expect(drained.reduce((sum, count) => sum + count)).toBe(6)
    expect(brokenAt(events())).toBeUndefined()
  })
})
