import { expect, it } from 'vitest'
import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import { aName } from '#test/support/discovery.ts'
import { aRouter, centsStep, eventsOf } from '#test/support/version-router.ts'

/** What routing rules must do, wherever they are kept. */
export function routingRulesContract(open: () => Promise<KeyValue>) {
  it('are put where the catalog finds them, with a revision, and told as an event', async () => {
    const name = aName('billing')
    const { ask, put, told, store } = await aRouter(await open(), name)
    expect((await ask('GET', `/services/${name}/routing`)).status).toBe(404)
    const rules = {
      weights: [{ range: '^1', weight: 1 }],
      default_version: '^1',
      transforms: [centsStep],
    }
    const made = await put(rules)
    expect(made).toMatchObject({
      status: 201,
      headers: { etag: '"1"' },
      body: { ...rules, service: name, revision: 1, changed_by: 'key ops' },
    })
    const kept = await store.get(catalogKeys.rules(name))
    expect(JSON.parse(kept?.value ?? '')).toMatchObject({ revision: 1, defaultVersion: '^1' })
    const changed = await put({ ...rules, default_version: '^2' })
    expect(changed).toMatchObject({ status: 200, headers: { etag: '"2"' } })
    expect((await ask('GET', `/services/${name}/routing`)).body).toEqual(changed.body)
    expect(eventsOf(told)[1]).toMatchObject({
      type: 'services.lifecycle.routing_changed',
      data: {
        ...{ service: name, revision: 2, previous_revision: 1, changed_by: 'key ops' },
        differences: [{ pointer: '/default_version', kind: 'value' }],
      },
    })
  })

  it('are not overwritten unread', async () => {
    const name = aName('billing')
    const { ask, put } = await aRouter(await open(), name)
    expect((await put({ stickiness: 'none' }, { 'If-Match': '"1"' })).status).toBe(412)
    expect((await put({ stickiness: 'none' }, { 'If-None-Match': '*' })).status).toBe(201)
    expect((await put({ stickiness: 'session' }, { 'If-None-Match': '*' })).status).toBe(412)
    expect((await put({ stickiness: 'session' }, { 'If-Match': '"1"' })).status).toBe(200)
    const late = await put({ default_version: '^9' }, { 'If-Match': '"1"' })
    expect(late).toMatchObject({ status: 412, body: { title: 'Precondition Failed' } })
    const remove = { 'If-Match': '"1"' }
    expect((await ask('DELETE', `/services/${name}/routing`, undefined, remove)).status).toBe(412)
  })

  it('all get a revision of their own when changed at once', async () => {
    const name = aName('billing')
    const { ask, put } = await aRouter(await open(), name)
    const ranges = ['^1', '^2', '^3', '^4']
    const made = await Promise.all(ranges.map((range) => put({ default_version: range })))
    expect(made.map(({ body }) => body.revision).sort()).toEqual([1, 2, 3, 4])
    const { body } = await ask('GET', `/services/${name}/routing/revisions`)
    const kept = body.items.map((one: { rules: { default_version: string } }) => one.rules)
    expect(new Set(kept.map((one: { default_version: string }) => one.default_version))).toEqual(
      new Set(ranges),
    )
  })

  it('are told once the log is back, by the same request', async () => {
    const name = aName('billing')
    const { put, told, place } = await aRouter(await open(), name)
    place.logIsAway = true
    expect((await put({ default_version: '^1' }, { 'If-None-Match': '*' })).status).toBe(503)
    place.logIsAway = false
    const again = await put({ default_version: '^1' }, { 'If-None-Match': '*' })
    expect(again).toMatchObject({ status: 201, body: { revision: 1 } })
    await put({ default_version: '^1' })
    expect(new Set(eventsOf(told).map(({ id }) => id)).size).toBe(1)
  })

  it('go, and come back with the next revision', async () => {
    const name = aName('billing')
    const { ask, put, told } = await aRouter(await open(), name)
    expect((await ask('DELETE', `/services/${name}/routing`)).status).toBe(404)
    await put({ default_version: '^1' })
    expect((await ask('DELETE', `/services/${name}/routing`)).status).toBe(204)
    expect((await ask('DELETE', `/services/${name}/routing`)).status).toBe(204)
    expect((await ask('GET', `/services/${name}/routing`)).status).toBe(404)
    const back = await ask('POST', `/services/${name}/routing/revert`, { revision: 1 })
    expect(back).toMatchObject({ status: 201, body: { revision: 3, default_version: '^1' } })
    expect(eventsOf(told).map(({ data }) => data.deleted)).toEqual([false, true, true, false])
    const missing = await ask('POST', `/services/${name}/routing/revert`, { revision: 9 })
    expect(missing.status).toBe(404)
  })

  it('are kept for 20 revisions, and so is one that something else wrote', async () => {
    const name = aName('billing')
    const { ask, put, store } = await aRouter(await open(), name)
    for (let nr = 1; nr <= 24; nr++) await put({ default_version: `^${nr}` })
    const entry = await store.get(catalogKeys.rules(name))
    const rolledBack = JSON.stringify({ revision: 25, defaultVersion: '^7' })
    expect(await store.replace(entry?.key ?? '', rolledBack, entry?.version ?? 0)).toBe(true)
    await put({ default_version: '^26' })
    const { body } = await ask('GET', `/services/${name}/routing/revisions`)
    const revisions = body.items.map(({ revision }: { revision: number }) => revision)
    expect(revisions).toEqual(Array.from({ length: 20 }, (_, nr) => 26 - nr))
    expect(await store.list(`routing-history/${name}/`)).toHaveLength(20)
    expect(body.items[1]).toMatchObject({ revision: 25, rules: { default_version: '^7' } })
  })
}
