import { describe, expect, it } from 'vitest'
import { transformer } from '#shared/adapters/transform/transformer.ts'
import { answerDifference } from '#shared/domain/routing/answer-difference.ts'
import { jsonDifferences } from '#shared/domain/routing/json-difference.ts'
import { decideMirror, type Mirror } from '#shared/domain/routing/mirror.ts'
import { type MirrorDependencies, mirrorCall } from '#shared/domain/routing/mirror-call.ts'
import type { TransformStep } from '#shared/domain/routing/rules.ts'
import type { TransformAnswer, TransformRequest } from '#shared/domain/routing/transform-message.ts'
import { Failure } from '#shared/errors.ts'
import { aCatalog } from '#test/support/routing.ts'

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

const anAnswer = (
  body: unknown,
  status = 200,
  headers: readonly string[] = [],
): TransformAnswer => ({
  status,
  rawHeaders: ['content-type', 'application/json', ...headers],
  body: bytes(body),
})

const step: TransformStep = {
  ...{ from: '^1', to: '^2', examples: [] },
  request: { kind: 'jsonata', expression: '{"query": {"from": "v1"}}' },
  response: { kind: 'jsonata', expression: '{"body": {"amount": body.cents / 100}}' },
}

describe('whether a call is mirrored', () => {
  const catalog = aCatalog(['1.0.0', '2.0.0', '2.1.0', '2.2.0 critical'], {
    mirror: { range: '^2', share: 0.25 },
  })
  const question = { method: 'GET', servedVersion: '1.0.0', random: 0.2 }
  const ask = (changes: Partial<Parameters<typeof decideMirror>[1]>) =>
    decideMirror(catalog, { ...question, ...changes })?.version

  it.each([
    ['a share of the safe ones', {}, '2.1.0'],
    ['none beyond the share', { random: 0.25 }, undefined],
    ['no POST', { method: 'POST' }, undefined],
    ['no PUT: what may be done twice need not be harmless elsewhere', { method: 'PUT' }, undefined],
    ['a POST that is declared idempotent', { method: 'POST', idempotent: true }, '2.1.0'],
    ['no copy', { baggage: 'a=b, omninode-mirror=1' }, undefined],
    ['none that the mirrored version serves already', { servedVersion: '2.1.0' }, undefined],
  ])('%s', (_, changes, expected) => {
    expect(ask(changes)).toBe(expected)
  })

  it('none without a rule, or where no instance of the range is healthy', () => {
    expect(decideMirror(aCatalog(['1.0.0', '2.0.0']), question)).toBeUndefined()
    const sick = aCatalog(['1.0.0', '2.0.0 critical'], { mirror: { range: '^2', share: 1 } })
    expect(decideMirror(sick, question)).toBeUndefined()
  })

  it('over the steps between both versions, and over none within one range', () => {
    const transforms = [step, { ...step, from: '^2', to: '^1' }]
    const rules = { mirror: { range: '*', share: 1 }, transforms }
    const between = decideMirror(aCatalog(['1.0.0', '2.0.0'], rules), question)
    expect(between?.path?.versions).toEqual(['1.0.0', '^2'])
    const within = decideMirror(aCatalog(['1.0.0', '1.1.0'], rules), question)
    expect(within).toMatchObject({ version: '1.1.0' })
    expect(within?.path).toBeUndefined()
  })
})

describe('places where two JSON values differ', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, []],
    [{ a: 1 }, { a: 2 }, ['value /a']],
    [{ a: 1 }, { a: '1' }, ['type /a']],
    [{ a: null }, { a: {} }, ['type /a']],
    [{ a: [] }, { a: {} }, ['type /a']],
    [{ a: 1 }, {}, ['removed /a']],
    [{}, { a: 1 }, ['added /a']],
    [
      { items: [{ x: 1 }, { x: 2 }] },
      { items: [{ y: 1 }, { y: 2 }] },
      ['removed /items/*/x', 'added /items/*/y'],
    ],
    [[1], [1, 2, 3], ['added /*']],
    [1, null, ['type ']],
    [{ line1: 1 }, { line2: 1 }, ['removed /line1', 'added /line2']],
  ])('%j and %j: %j', (a, b, expected) => {
    const found = jsonDifferences(a, b).map(({ kind, pointer }) => `${kind} ${pointer}`)
    expect(found).toEqual(expected)
  })

  it('hold no names that look like data', () => {
    const a = { users: { 'alice@example.org': { age: 1 }, '8f3a0c1e9d': { age: 1 } } }
    const b = { users: { 'alice@example.org': { age: 2 }, '8f3a0c1e9d': { age: '1' } } }
    expect(jsonDifferences(a, b)).toEqual([
      { pointer: '/users/*/age', kind: 'value' },
      { pointer: '/users/*/age', kind: 'type' },
    ])
  })

  it('are at most 50, however large, deep or strange the values', () => {
    const letters = [...'abcdefghijklmnop']
    const names = letters.flatMap((a) => letters.map((b) => a + b))
    const wide = (text: string) => Object.fromEntries(names.map((name) => [name, text]))
    expect(jsonDifferences(wide('a'), wide('b'))).toHaveLength(50)
    const deep = (end: unknown) => [...Array(5_000)].reduce((inner) => ({ a: inner }), end)
    expect(jsonDifferences(deep(1), deep(2))).toEqual([])
    const long = [...Array(100_000).keys()]
    expect(jsonDifferences(long, [...long, 1])).toEqual([])
    expect(jsonDifferences(JSON.parse('{"__proto__": 1}'), {})).toEqual([
      { pointer: '/*', kind: 'removed' },
    ])
  })
})

describe('how two answers differ', () => {
  it('is said by names and types, never by what they hold', () => {
    const difference = answerDifference(
      anAnswer({ amount: 5, name: 'secret-a' }, 200, [
        'x-a',
        'secret-b',
        'date',
        'x',
        'x-same',
        '1',
      ]),
      anAnswer({ amount: '5', name: 'secret-c' }, 201, [
        'x-b',
        'secret-d',
        'date',
        'y',
        'x-same',
        '1',
      ]),
    )
    expect(difference).toEqual({
      aspects: ['status', 'headers', 'schema', 'values'],
      statuses: [200, 201],
      headers: ['x-a', 'x-b'],
      body: [
        { pointer: '/amount', kind: 'type' },
        { pointer: '/name', kind: 'value' },
      ],
    })
    expect(JSON.stringify(difference)).not.toContain('secret')
  })

  it('is by bytes where a body is no JSON', () => {
    const text = (body: string) => ({ status: 200, rawHeaders: [], body: Buffer.from(body) })
    expect(answerDifference(text('a'), text('a')).aspects).toEqual([])
    expect(answerDifference(text('a'), text('b')).aspects).toEqual(['values'])
    expect(answerDifference(text('a'), anAnswer('a')).aspects).toEqual(['headers', 'schema'])
  })
})

describe('a mirrored call', () => {
  const request: TransformRequest = {
    method: 'GET',
    target: '/invoices',
    rawHeaders: ['Baggage', 'a=b'],
    body: new Uint8Array(),
  }
  const candidates = aCatalog(['2.0.0']).instances
  const mirror: Mirror = { version: '2.0.0', candidates }

  async function run(change: Partial<MirrorDependencies>, { to = mirror, canCompare = true } = {}) {
    const told: unknown[] = []
    const sent: TransformRequest[] = []
    await mirrorCall(
      {
        ...{ mirror: to, service: 'billing', revision: 3, operation: 'GET /invoices' },
        ...{ correlationId: 'c1', servedVersion: '1.0.0', request },
        answer: canCompare ? anAnswer({ amount: 5 }) : undefined,
      },
      {
        send: async (_, copy) => {
          sent.push(copy)
          return anAnswer({ amount: 5 })
        },
        transform: (path, copy) => transformer().request(path, copy),
        report: ({ headers, value }) =>
          told.push({
            type: headers.ce_type,
            data: JSON.parse(Buffer.from(value ?? []).toString()),
          }),
        newId: () => '0199-id',
        nowMs: () => 1_000,
        random: () => 0,
        ...change,
      },
    )
    return { told, sent }
  }

  it('that agrees is told one time in ten', async () => {
    const { told, sent } = await run({})
    expect(told).toEqual([
      {
        type: 'services.health.mirror_agreed',
        data: expect.objectContaining({
          ...{ service: 'billing', revision: 3, called: 'GET /invoices', aspects: [], one_in: 10 },
          ...{ served_version: '1.0.0', mirrored_version: '2.0.0' },
        }),
      },
    ])
    expect(sent[0]?.rawHeaders).toEqual(['Baggage', 'a=b,omninode-mirror=1'])
    expect((await run({ random: () => 0.11 })).told).toEqual([])
  })

  it('that differs is told always, and so is one without an answer', async () => {
    const differs = await run({ send: async () => anAnswer({ amount: 6 }), random: () => 0.9 })
    expect(differs.told).toMatchObject([
      { type: 'services.health.mirror_differed', data: { aspects: ['values'] } },
    ])
    const failed = await run({
      send: async () => {
        throw new Failure('Timeout', 'secret')
      },
    })
    expect(failed.told).toMatchObject([
      { type: 'services.health.mirror_differed', data: { failed: 'Timeout' } },
    ])
    expect(JSON.stringify(failed.told)).not.toContain('secret')
  })

  it('is taken over the steps there and back before answers are compared', async () => {
    const sent: TransformRequest[] = []
    const { told } = await run(
      {
        send: async (_, copy) => {
          sent.push(copy)
          return anAnswer({ cents: 500 })
        },
      },
      { to: { ...mirror, path: { versions: ['1.0.0', '^2'], hops: [[step]] } } },
    )
    expect(sent[0]?.target).toBe('/invoices?from=v1')
    expect(told).toMatchObject([
      { type: 'services.health.mirror_agreed', data: { transformed: ['1.0.0', '^2'] } },
    ])
  })

  it('is not sent where its answer can not be compared', async () => {
    expect(await run({}, { canCompare: false })).toEqual({ told: [], sent: [] })
  })
})
