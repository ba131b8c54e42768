import { expect, it, onTestFinished, vi } from 'vitest'
import { startSystem } from '#test/support/system.ts'

const CALM = { timeout: 10_000, interval: 50 }

it('routing rules decide for a service that registers, and their change is told', async () => {
  const system = await startSystem()
  onTestFinished(() => system.stop())
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await system.request(method, path, {
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  for (const version of ['2.0.0', '3.1.0']) {
    const instance = { address: '127.0.0.1', port: 9, version, check: { ttl_ms: 60_000 } }
    const put = await ask('PUT', `/services/billing/instances/i-${version}`, instance)
    expect(put).toMatchObject({ status: 200 })
  }
  await vi.waitFor(async () => {
    expect(await ask('GET', '/services/billing/resolve')).toMatchObject({
      status: 200,
      body: { version: '3.1.0', revision: 0 },
    })
  }, CALM)
  expect(await ask('GET', '/services/billing/resolve?version=1')).toMatchObject({
    status: 406,
    body: { versions: [{ version: '3.1.0', healthy: true }, { version: '2.0.0' }] },
  })
  const request = { kind: 'jsonata', expression: "{ 'path': '/v3' & path }" }
  const example = { direction: 'request', input: { path: '/a' }, output: { path: '/v3/a' } }
  const rules = {
    default_version: '^2',
    transforms: [{ from: '^1', to: '^3', request, examples: [example] }],
  }
  expect(await ask('PUT', '/services/billing/routing', rules)).toMatchObject({ status: 201 })
  await vi.waitFor(async () => {
    expect(await ask('GET', '/services/billing/resolve')).toMatchObject({
      body: { version: '2.0.0', revision: 1 },
    })
  }, CALM)
  expect(await ask('GET', '/services/billing/resolve?version=1')).toMatchObject({
    status: 200,
    body: { version: '3.1.0', transformed: ['1', '^3'] },
  })
  await vi.waitFor(async () => {
    const { body } = await ask('GET', '/events?type=services.lifecycle.routing_changed')
    expect(body.items).toMatchObject([
      { subject: 'billing', data: { revision: 1, deleted: false }, phase: 'point' },
    ])
  }, CALM)
})
