import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { accessSnapshotPlace } from '#shared/adapters/access-snapshot-place.ts'
import { fileDocumentPlace } from '#shared/adapters/file/document-place.ts'
import { ensureFirstKey } from '#shared/adapters/postgres/access-bootstrap.ts'
import {
  postgresAccessPublication,
  republishAccess,
} from '#shared/adapters/postgres/access-publication.ts'
import { postgresAccessStore } from '#shared/adapters/postgres/access-store.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import type { AccessSnapshot } from '#shared/domain/access.ts'
import { findKey, newKey } from '#shared/domain/keys.ts'
import { findSource } from '#shared/domain/sources.ts'
import { Failure } from '#shared/errors.ts'
import { freshDatabase } from '#test/support/database.ts'

const at = new Date('2026-01-01T00:00:00Z')
const later = new Date('2026-01-02T00:00:00Z')

async function anAccess() {
  const sql = connect(await freshDatabase(), { applicationName: 'test', max: 4 })
  onTestFinished(() => sql.end())
  const folder = await mkdtemp(join(tmpdir(), 'omninode-access-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const place = accessSnapshotPlace(
    fileDocumentPlace(pathToFileURL(join(folder, '/')).href, { durable: true }),
    'access.json',
  )
  const published = async (): Promise<AccessSnapshot> => {
    const read = await place.read(undefined)
    if (!read) throw new Error('nothing was published')
    return read.snapshot
  }
  return {
    sql,
    place,
    published,
    store: postgresAccessStore(sql),
    publication: postgresAccessPublication(sql, place),
  }
}

const aKey = (id: string, ...roles: ('reader' | 'admin')[]) => {
  const { key, digest } = newKey()
  return { key, entry: { id, name: `key ${id}`, digest, roles } }
}
const sealed = (fingerprint: string) => ({ sealed: `v1.${fingerprint}`, fingerprint })
const by = { kind: 'key', id: 'admin', name: 'an admin' } as const
const byAdmin = (when: Date) => ({ by, at: when })
const settings = { name: 'shop', dialect: 'stripe' as const }

describe('keys', () => {
  it('are in the snapshot once it is published, and gone from it once removed', async () => {
    const { store, publication, published } = await anAccess()
    const { key, entry } = aKey('a', 'reader')
    await store.addKey({ ...entry, expiresAt: later.toISOString() }, byAdmin(at))
    await publication.publish()
    expect(findKey(await published(), key, at)).toEqual({
      ...entry,
      expiresAt: later.toISOString(),
    })
    expect(await store.removeKey('a', byAdmin(at))).toBe('removed')
    await publication.publish()
    expect((await published()).keys).toEqual([])
  })

  it('are listed in pages, without what they are', async () => {
    const { store } = await anAccess()
    for (const id of ['c', 'a', 'b']) await store.addKey(aKey(id, 'reader').entry, byAdmin(at))
    const first = await store.listKeys({ limit: 2 })
    expect(first.items.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(first.items[0]).toEqual({
      id: 'a',
      name: 'key a',
      roles: ['reader'],
      created_at: '2026-01-01T00:00:00.000Z',
      expires_at: null,
    })
    const second = await store.listKeys({ limit: 2, cursor: first.next ?? '' })
    expect([second.items.map(({ id }) => id), second.next]).toEqual([['c'], null])
  })

  it.each(['AA', '', '!!!'])('refuse the cursor %j', async (cursor) => {
    const { store } = await anAccess()
    await expect(store.listKeys({ limit: 2, cursor })).rejects.toMatchObject({
      kind: 'InvalidInput',
    })
  })

  it('keep the last admin, an expired one not counted', async () => {
    const { store } = await anAccess()
    await store.addKey(aKey('a', 'admin').entry, byAdmin(at))
    await store.addKey({ ...aKey('old', 'admin').entry, expiresAt: at.toISOString() }, byAdmin(at))
    expect(await store.removeKey('a', byAdmin(later))).toBe('last-admin')
    await store.addKey(aKey('b', 'admin').entry, byAdmin(at))
    expect(await store.removeKey('a', byAdmin(later))).toBe('removed')
    expect(await store.removeKey('a', byAdmin(later))).toBe('unknown')
  })

  it('keep one admin when two are removed at once', async () => {
    const { store } = await anAccess()
    await store.addKey(aKey('a', 'admin').entry, byAdmin(at))
    await store.addKey(aKey('b', 'admin').entry, byAdmin(at))
    const results = await Promise.all([
      store.removeKey('a', byAdmin(at)),
      store.removeKey('b', byAdmin(at)),
    ])
    expect(results.toSorted()).toEqual(['last-admin', 'removed'])
  })
})

describe('sources', () => {
  it('reach the snapshot with all their settings', async () => {
    const { store, publication, published } = await anAccess()
    const all = {
      ...settings,
      topic: 'hooks.custom',
      keyTemplate: '{data.customer}',
      redact: { keys: ['iban'], emails: true },
    }
    const secrets = [sealed('1'), sealed('2')]
    const put = await store.putSource(all, { type: 'replace', secrets }, at)
    expect(put.created).toBe(true)
    await publication.publish()
    expect(findSource(await published(), 'shop')).toEqual({
      ...all,
      sealedSecrets: ['v1.1', 'v1.2'],
    })
  })

  it('lose with a put what it leaves out, but not their secrets', async () => {
    const { store } = await anAccess()
    await store.putSource(
      { ...settings, topic: 'hooks.custom' },
      { type: 'replace', secrets: [sealed('1')] },
      at,
    )
    const { source, created } = await store.putSource(settings, { type: 'keep' }, later)
    expect(created).toBe(false)
    expect(source).toEqual({
      ...settings,
      secrets: [{ fingerprint: '1', created_at: at.toISOString() }],
      created_at: at.toISOString(),
      updated_at: later.toISOString(),
    })
    expect(await store.findSource('shop')).toEqual(source)
  })

  it('hold two secrets at most: a new one and the newest before it', async () => {
    const { store } = await anAccess()
    const days = [1, 2, 3, 4].map((day) => new Date(Date.UTC(2026, 0, day)))
    for (const day of days) {
      const secret = sealed(String(day.getUTCDate()))
      await store.putSource(settings, { type: 'add', secret }, day)
    }
    const fingerprints = async () =>
      (await store.findSource('shop'))?.secrets.map(({ fingerprint }) => fingerprint)
    expect(await fingerprints()).toEqual(['4', '3'])
    await store.putSource(settings, { type: 'replace', secrets: [] }, later)
    expect(await fingerprints()).toEqual([])
  })

  it('are listed in pages and removed with their secrets', async () => {
    const { store, sql } = await anAccess()
    for (const name of ['b', 'a']) {
      await store.putSource({ ...settings, name }, { type: 'add', secret: sealed(name) }, at)
    }
    const first = await store.listSources({ limit: 1 })
    expect(first.items.map(({ name }) => name)).toEqual(['a'])
    const second = await store.listSources({ limit: 1, cursor: first.next ?? '' })
    expect([second.items.map(({ name }) => name), second.next]).toEqual([['b'], null])
    expect([await store.removeSource('a'), await store.removeSource('a')]).toEqual([true, false])
    expect(await sql`select source from access.source_secret`).toMatchObject([{ source: 'b' }])
  })
})

describe('publication', () => {
  it('does nothing while nothing changed, unless asked to do it again', async () => {
    const { sql, store, place } = await anAccess()
    let count = 0
    const counting = postgresAccessPublication(sql, {
      publish: async (snapshot) => {
        count += 1
        await place.publish(snapshot)
      },
    })
    await counting.publish()
    await counting.publish()
    await store.removeKey('unknown', byAdmin(at))
    await counting.publish()
    expect(count).toBe(1)
    await counting.publish({ again: true })
    expect(count).toBe(2)
  })

  it('stays due when it failed, and is made up for', async () => {
    const { sql, store, publication, place, published } = await anAccess()
    await publication.publish()
    await store.addKey(aKey('a', 'reader').entry, byAdmin(at))
    const failing = postgresAccessPublication(sql, {
      publish: async () => {
        throw new Failure('Unavailable', 'no place')
      },
    })
    await expect(failing.publish()).rejects.toMatchObject({ kind: 'Unavailable' })
    expect((await published()).keys).toEqual([])
    await republishAccess(sql, place)
    expect((await published()).keys).toHaveLength(1)
  })

  it('ends with the newest, however many publish at once', async () => {
    const { store, publication, published } = await anAccess()
    const ids = Array.from({ length: 12 }, (_, i) => `key-${i}`)
    await Promise.all(
      ids.map(async (id) => {
        await store.addKey(aKey(id, 'reader').entry, byAdmin(at))
        await publication.publish()
      }),
    )
    expect((await published()).keys).toHaveLength(ids.length)
  })
})

describe('the first key', () => {
  it('has every role and is made once', async () => {
    const { sql, place, published } = await anAccess()
    const key = await ensureFirstKey(sql, place, at)
    expect(findKey(await published(), key ?? '', at)?.roles).toEqual([
      'writer',
      'reader',
      'operator',
      'admin',
      'caller',
      'registrar',
    ])
    expect(await ensureFirstKey(sql, place, at)).toBeUndefined()
  })

  it('does not count when it could not be kept', async () => {
    const { sql, place } = await anAccess()
    const full = async () => {
      throw new Error('disk full')
    }
    await expect(ensureFirstKey(sql, place, at, full)).rejects.toThrow('disk full')
    const kept: string[] = []
    await ensureFirstKey(sql, place, at, async (key) => {
      kept.push(key)
    })
    expect(kept).toHaveLength(1)
  })

  it('is published again when the snapshot was lost', async () => {
    const { sql, place, published } = await anAccess()
    const nowhere = { publish: async () => undefined }
    const key = await ensureFirstKey(sql, nowhere, at)
    await ensureFirstKey(sql, place, at)
    expect(findKey(await published(), key ?? '', at)).toBeDefined()
  })
})
