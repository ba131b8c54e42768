import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '#shared/adapters/memory/key-value.ts'
import { postgresKeyValue } from '#shared/adapters/postgres/key-value.ts'
import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import { freshDatabase } from '#test/support/database.ts'
import { aCatalog } from '#test/support/routing.ts'
import { aRouter, aStep, centsStep } from '#test/support/version-router.ts'
import { routingRulesContract } from './routing-rules.contract.ts'

describe('routing rules in memory', () => {
  routingRulesContract(async () => memoryKeyValue())
})

describe('routing rules in PostgreSQL', () => {
  routingRulesContract(async () => postgresKeyValue(await freshDatabase()))
})

describe('rules that are wrong', () => {
  it('are refused with every wrong place', async () => {
    const { put } = await aRouter(memoryKeyValue())
    const refused = await put({
      weights: [{ range: 'banana', weight: -1 }],
      default_version: 'newest',
      operations: [{ method: 'get', path: 'x' }],
      deprecations: [{ range: '^1', sunset_at: 'soon' }],
      cash: {},
    })
    expect(refused.status).toBe(422)
    const pointers = refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)
    expect(new Set(pointers)).toEqual(
      new Set([
        ...['/weights/0/range', '/weights/0/weight', '/default_version', '/operations/0/method'],
        ...['/operations/0/path', '/deprecations/0/sunset_at', '/cash'],
      ]),
    )
  })

  it('are refused for what does not go together, and for examples that do not hold', async () => {
    const { put, store } = await aRouter(memoryKeyValue())
    const refused = await put({
      weights: [
        { range: '^1', weight: 0 },
        { range: '^1', weight: 0 },
      ],
      rollback: { range: '^3', false_alarm_rate: 0.05, miss_rate: 0.1, worse_by: 0.1 },
      timeout: { default_ms: 10, min_ms: 20 },
      deprecations: [
        { range: '^1', deprecated_at: '2026-02-01T00:00:00Z', sunset_at: '2026-01-01T00:00:00Z' },
        { range: '^2' },
      ],
      transforms: [
        { ...centsStep, to: '^1' },
        aStep('^2', '^3', '{"body": {"cents": body.amount}}', '{"body": body.cents + "x"}'),
        aStep('^2', '^3', '{"body": body', '{"headers": {"authorization": "x"}}'),
        { from: '^3', to: '^4', examples: [centsStep.examples[0]] },
      ],
    })
    expect(refused.status).toBe(422)
    const details = Object.fromEntries(
      refused.body.errors.map((one: { pointer: string; detail: string }) => [
        one.pointer,
        one.detail,
      ]),
    )
    expect(details).toMatchObject({
      '/weights': 'one weight must be above 0',
      '/weights/1': 'is there twice',
      '/rollback/range': 'must be a range of weights',
      '/timeout': expect.stringContaining('min_ms'),
      '/deprecations/0/sunset_at': 'must not be before deprecated_at',
      '/deprecations/1': 'must have deprecated_at or sunset_at',
      '/transforms/0/to': 'must be another range than from',
      '/transforms/2': 'is there twice',
      '/transforms/3': 'must have a request or a response',
      '/transforms/3/examples/0/direction': 'the step has no request',
      '/transforms/1/examples/0': 'body: expected {"cents":500}, got {"cents":5}',
      '/transforms/1/examples/1': expect.stringContaining('must evaluate to a number'),
      '/transforms/2/examples/0': expect.stringContaining('before end of expression'),
      '/transforms/2/examples/1': expect.stringContaining("may not set the header 'authorization'"),
    })
    expect(await store.get(catalogKeys.rules('billing'))).toBeUndefined()
  })

  it('are refused for being too large to be kept', async () => {
    const { put } = await aRouter(memoryKeyValue())
    const examples = Array.from({ length: 20 }, () => ({
      ...{ direction: 'request', input: { body: 'x'.repeat(8_000) } },
      output: { body: 'x'.repeat(8_000) },
    }))
    const same = { kind: 'jsonata', expression: '{"body": body}' }
    const refused = await put({ transforms: [{ from: '^1', to: '^2', request: same, examples }] })
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '' }] } })
  })

  it('are for operators alone to change', async () => {
    const { put, ask, as } = await aRouter(memoryKeyValue())
    as(['reader'])
    expect((await put({})).status).toBe(403)
    expect(
      (await ask('POST', '/services/billing/routing/test', { from: '1', to: '2' })).status,
    ).toBe(403)
    as(['writer', 'caller'])
    expect((await ask('GET', '/services/billing/routing')).status).toBe(403)
    expect((await ask('GET', '/services/Billing_1/routing')).status).toBe(403)
    as(['reader'])
    expect((await ask('GET', '/services/Billing_1/routing')).status).toBe(422)
  })
})

describe('resolving', () => {
  it('answers what a call would get, and why', async () => {
    const { ask, place } = await aRouter(memoryKeyValue())
    expect((await ask('GET', '/services/billing/resolve')).status).toBe(404)
    place.catalog = aCatalog(['1.0.0', '2.0.0', '2.0.0 critical'], { defaultVersion: '^2' })
    expect(await ask('GET', '/services/billing/resolve?session=s1')).toMatchObject({
      status: 200,
      body: {
        ...{ service: 'billing', version: '2.0.0', revision: 1, transformed: null, stale: false },
        why: 'the caller asks for no version and the rules say ^2; 2.0.0 is the highest healthy one',
        instances: [{ id: 'i1', address: '127.0.0.1', port: 80, health: 'passing' }],
        headers: [{ name: 'served-version', value: '2.0.0' }],
      },
    })
  })

  it('answers 406 with what exists, 503 for what is sick, 400 for what is no range', async () => {
    const { ask, place } = await aRouter(memoryKeyValue())
    place.catalog = aCatalog(['1.0.0', '2.0.0 critical'])
    expect(await ask('GET', '/services/billing/resolve?version=%5E3')).toMatchObject({
      status: 406,
      headers: { 'content-type': 'application/problem+json' },
      body: {
        ...{ title: 'Not Acceptable', wanted: '^3' },
        versions: [
          { version: '2.0.0', healthy: false },
          { version: '1.0.0', healthy: true },
        ],
      },
    })
    expect((await ask('GET', '/services/billing/resolve?version=2')).status).toBe(503)
    expect((await ask('GET', '/services/billing/resolve?version=two')).status).toBe(400)
  })

  it('names the ranges that a call would be transformed over', async () => {
    const { ask, place } = await aRouter(memoryKeyValue())
    place.catalog = aCatalog(['2.0.0'], { transforms: [{ from: '^1', to: '^2', examples: [] }] })
    const { body } = await ask('GET', '/services/billing/resolve?version=1.4.0')
    expect(body).toMatchObject({ version: '2.0.0', transformed: ['1.4.0', '^2'] })
  })
})

describe('trying transforms', () => {
  it('takes a request forth and an answer back, by the rules that are there or given ones', async () => {
    const { ask, put } = await aRouter(memoryKeyValue())
    await put({ transforms: [centsStep] })
    const message = {
      request: { path: '/a', body: { amount: 7 } },
      response: { body: { cents: 100 } },
    }
    const test = (body: object) => ask('POST', '/services/billing/routing/test', body)
    expect((await test({ from: '^1', to: '2.3.0', ...message })).body).toMatchObject({
      versions: ['^1', '^2'],
      request: { method: 'GET', path: '/a', body: { cents: 700 } },
      response: { status: 200, body: { amount: 1 } },
    })
    expect(await test({ from: '^1', to: '^3', ...message })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/to', detail: 'no steps lead from ^1 to ^3' }] },
    })
    const transforms = [
      { ...centsStep, request: { kind: 'jsonata', expression: '{"body": body - 1}' } },
    ]
    expect(await test({ from: '^1', to: '^2', transforms, ...message })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/request', detail: expect.stringContaining('T2001') }] },
    })
  })
})
