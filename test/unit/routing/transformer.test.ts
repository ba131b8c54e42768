import { describe, expect, it } from 'vitest'
import { transformer } from '#shared/adapters/transform/transformer.ts'
import type { Transformation, TransformStep } from '#shared/domain/routing/rules.ts'
import type { TransformAnswer, TransformRequest } from '#shared/domain/routing/transform-message.ts'

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
const json = (body: Uint8Array) => JSON.parse(Buffer.from(body).toString()) as unknown
const jsonata = (expression: string): Transformation => ({ kind: 'jsonata', expression })
const patch = (...operations: Record<string, unknown>[]): Transformation => ({
  kind: 'json-patch',
  operations,
})

const aRequest = (given: Partial<TransformRequest> = {}): TransformRequest => ({
  method: 'POST',
  target: '/invoices?page=2&tag=a&tag=b',
  rawHeaders: [
    'Content-Type',
    'application/json',
    'Content-Length',
    '14',
    'Authorization',
    'Bearer k',
  ],
  body: bytes({ amount: 5 }),
  ...given,
})

const anAnswer = (given: Partial<TransformAnswer> = {}): TransformAnswer => ({
  status: 200,
  rawHeaders: ['content-type', 'application/json; charset=utf-8'],
  body: bytes({ total: { cents: 500 } }),
  ...given,
})

const pathOf = (...steps: Partial<TransformStep>[]) => ({
  versions: [],
  hops: steps.map((step, nr) => [
    { from: `^${nr + 1}`, to: `^${nr + 2}`, examples: [], ...step } satisfies TransformStep,
  ]),
})

const through = (step: Partial<TransformStep>, request = aRequest()) =>
  transformer().request(pathOf(step), request)

describe('a request over two steps', () => {
  const path = pathOf(
    {
      request: jsonata('$merge([$, {"body": {"total": {"cents": body.amount * 100}}}])'),
      response: patch(
        { op: 'copy', from: '/body/total/cents', path: '/body/amount' },
        { op: 'remove', path: '/body/total' },
      ),
    },
    {
      request: patch({ op: 'add', path: '/body/currency', value: 'EUR' }),
      response: jsonata('{"body": {"total": body.sum}}'),
    },
  )

  it('goes forth in order, and its answer back in reverse', async () => {
    const { request, answer, transformsAnswer } = await transformer().request(path, aRequest())
    expect(json(request.body)).toEqual({ total: { cents: 500 }, currency: 'EUR' })
    expect(transformsAnswer).toBe(true)
    const made = await answer(anAnswer({ body: bytes({ sum: { cents: 500 } }) }))
    expect(json(made.body)).toEqual({ amount: 500 })
  })

  it('asks for a whole answer that is not compressed, says its new length, keeps the rest', async () => {
    const rawHeaders = [...aRequest().rawHeaders, 'Accept-Encoding', 'gzip', 'Range', 'bytes=0-1']
    const { request } = await transformer().request(path, aRequest({ rawHeaders }))
    expect(request.target).toBe('/invoices?page=2&tag=a&tag=b')
    expect(request.rawHeaders).toEqual([
      ...['Content-Type', 'application/json', 'Authorization', 'Bearer k'],
      ...['content-length', String(request.body.byteLength), 'accept-encoding', 'identity'],
    ])
  })

  it('is the same for every call: nothing of one is left for the next', async () => {
    const value = { tags: [] }
    const step = {
      request: patch(
        { op: 'add', path: '/body/meta', value },
        { op: 'add', path: '/body/meta/tags/-', value: 'x' },
      ),
    }
    const shared = transformer()
    for (let nr = 0; nr < 3; nr++) {
      const { request } = await shared.request(pathOf(step), aRequest())
      expect(json(request.body)).toEqual({ amount: 5, meta: { tags: ['x'] } })
    }
    expect(value).toEqual({ tags: [] })
  })
})

describe('what a step can change', () => {
  it('is path and query', async () => {
    const { request } = await through({
      request: jsonata(
        '{"path": "/v2" & path, "query": {"offset": ($number(query.page) - 1) * 10, "tag": query.tag}}',
      ),
    })
    expect(request.target).toBe('/v2/invoices?offset=10&tag=a&tag=b')
    expect(json(request.body)).toEqual({ amount: 5 })
  })

  it('is headers, but those that say who calls or how it is framed', async () => {
    const { request } = await through({
      request: jsonata('{"headers": {"content-type": headers."content-type", "x-tenant": "7"}}'),
    })
    expect(request.rawHeaders).toEqual([...aRequest().rawHeaders, 'x-tenant', '7'])
    const seen = await through({ request: jsonata('{"body": $keys(headers)}') })
    expect(json(seen.request.body)).toEqual('content-type')
  })

  it('is the status of an answer', async () => {
    const { answer } = await through({ response: jsonata('{"status": 201}') })
    const given = anAnswer()
    expect(await answer(given)).toEqual({ ...given, status: 201 })
  })

  it.each([
    ['the method', '{"method": "GET"}', 'it may not change the method'],
    [
      'credentials',
      '{"headers": {"Authorization": "x"}}',
      "it may not set the header 'authorization'",
    ],
    ['the length', '{"headers": {"content-length": "1"}}', "'content-length'"],
    [
      'a header with a line break',
      '{"headers": {"x": "a\\r\\nb: c"}}',
      'one of its headers is none',
    ],
    ['a path elsewhere', '{"path": "/../admin"}', 'its path is none'],
    ['a path elsewhere, escaped', '{"path": "/a/%2e%2e/admin"}', 'its path is none'],
    ['an authority', '{"path": "http://elsewhere/"}', 'its path is none'],
    ['a query inside the path', '{"path": "/a?b"}', 'its path is none'],
    ['members that a message does not have', 'body', 'it gave a member beside method, path'],
    ['nothing', 'body.nothing', 'it gave no object'],
    ['a list', '[1, 2]', 'it gave no object'],
  ])('is not %s', async (_, expression, why) => {
    await expect(through({ request: jsonata(expression) })).rejects.toMatchObject({
      kind: 'TransformFailed',
      status: 502,
      message: expect.stringContaining(why),
    })
  })
})

describe('a message that is not transformed', () => {
  it('has no step that fits its operation', async () => {
    const hop = ['GET /a', 'POST /invoices/{id}'].map((operation) => ({
      ...{ from: '^1', to: '^2', operation, examples: [] },
      ...{ request: jsonata('{"body": 1}'), response: jsonata('{"body": 1}') },
    }))
    const { request, transformsAnswer } = await transformer().request(
      { versions: [], hops: [hop] },
      aRequest(),
    )
    expect(request).toEqual(aRequest())
    expect(transformsAnswer).toBe(false)
    const found = await transformer().request(
      { versions: [], hops: [hop] },
      aRequest({ target: '/invoices/7?x=1' }),
    )
    expect(json(found.request.body)).toBe(1)
  })

  it('takes a later step by the path that an earlier one gave it', async () => {
    const first = {
      ...{ from: '^1', to: '^2', examples: [] },
      request: jsonata('{"path": "/bills"}'),
    }
    const second = ['POST /invoices', 'POST /bills'].map((operation) => ({
      ...{ from: '^2', to: '^3', operation, examples: [] },
      request: jsonata(`{"body": "${operation}"}`),
    }))
    const { request } = await transformer().request(
      { versions: [], hops: [[first], second] },
      aRequest(),
    )
    expect(json(request.body)).toBe('POST /bills')
  })

  it('is an answer of an error, or without a body', async () => {
    const { answer } = await through({ response: jsonata('{"body": 1}') })
    const error = anAnswer({ status: 404 })
    expect(await answer(error)).toBe(error)
    const empty = anAnswer({ status: 204, body: new Uint8Array() })
    expect(await answer(empty)).toBe(empty)
  })

  it('keeps its bytes where an expression passes the body on', async () => {
    const body = Buffer.from('{ "amount" : 5.0 }')
    const { request } = await through(
      { request: jsonata('$merge([$, {"path": "/x"}])') },
      aRequest({ body }),
    )
    expect(request.body).toBe(body)
    expect(request.target).toBe('/x?page=2&tag=a&tag=b')
  })
})

describe('a message that can not be transformed', () => {
  const step = { request: jsonata('{"body": body}') }
  it.each([
    ['no JSON by its type', { rawHeaders: ['content-type', 'text/plain'] }, 'is no JSON'],
    ['no JSON by its bytes', { body: Buffer.from('{"a":') }, '(syntax)'],
    [
      'a number that would come out as another',
      { body: Buffer.from('{"a":12345678901234567890}') },
      '(unsafe-number)',
    ],
    ['compressed', { rawHeaders: ['content-encoding', 'gzip'] }, 'is compressed'],
    ['larger than 1 MiB', { body: Buffer.alloc(1_048_577, ' ') }, 'is larger than 1048576 bytes'],
  ])('is %s', async (_, given, why) => {
    await expect(through(step, aRequest(given))).rejects.toMatchObject({
      kind: 'TransformFailed',
      message: expect.stringContaining(why),
    })
  })
})

describe('bounds', () => {
  it.each([
    ['loops without end', '($f := function($n) { $f($n + 1) }; $f(1))', 'more than 100000 steps'],
    ['calls itself too deep', '($f := function($n) { 1 + $f($n + 1) }; $f(1))', 'D1011'],
    ['makes a list of millions', '{"body": [1..5000000].{"a": $}}', 'D2015'],
    [
      'doubles a text over and over',
      '{"body": $reduce([1..22], function($a, $b) { $a & $a }, "xx")}',
      'too large',
    ],
    ['pads without end', '{"body": $pad("x", 400000000)}', '$pad goes to'],
    ['runs words of the message', '$eval(body.code)', 'T1006'],
    [
      'uses a regular expression',
      '{"body": $match(path, /(a+)+$/)}',
      'regular expressions are not taken',
    ],
    [
      'nests without end',
      '($f := function($n, $v) { $n = 0 ? $v : $f($n - 1, {"a": $v}) }; {"body": $f(100, 1)})',
      'too large or too deep',
    ],
  ])('end an expression that %s', async (_, expression, why) => {
    const began = performance.now()
    await expect(
      through({ request: jsonata(expression) }, aRequest({ body: bytes({ code: '1' }) })),
    ).rejects.toMatchObject({ kind: 'TransformFailed', message: expect.stringContaining(why) })
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  it('leave room for a message of thousands of items', async () => {
    const items = Array.from({ length: 5_000 }, (_, nr) => ({ a: nr, b: `x${nr}` }))
    const expression = '{"body": {"items": $distinct(body.items.{"a": a * 100, "b": b})}}'
    const { request } = await through(
      { request: jsonata(expression) },
      aRequest({ body: bytes({ items }) }),
    )
    expect(json(request.body)).toEqual({ items: items.map(({ a, b }) => ({ a: a * 100, b })) })
  })

  it('leave $distinct and $pad what they are', async () => {
    const expression =
      '{"body": [$distinct([{"a": 1, "b": 2}, {"b": 2, "a": 1}, 1, 1, "1"]), $pad("ä", 3, "#"), $pad("a", -3), $distinct([{"x": 7}, {"x": 7}].x)]}'
    const { request } = await through({ request: jsonata(expression) })
    expect(json(request.body)).toEqual([{ a: 1, b: 2 }, 1, '1', 'ä##', '  a', 7])
  })

  it('end a patch that copies itself over and over', async () => {
    const copies = Array.from({ length: 60 }, (_, nr) => ({
      op: 'copy',
      from: '/body',
      path: `/body/c${nr}`,
    }))
    await expect(through({ request: patch(...copies) })).rejects.toMatchObject({
      message: expect.stringContaining('copies too much'),
    })
  })

  it.each([
    ['/body/__proto__/polluted'],
    ['/body/constructor/prototype/polluted'],
    ['/__proto__/polluted'],
  ])('keep a patch from %s', async (path) => {
    await expect(
      through({ request: patch({ op: 'add', path, value: true }) }),
    ).rejects.toMatchObject({
      kind: 'TransformFailed',
    })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('show nothing of the message in what a caller is told', async () => {
    const secret = 'sk-very-secret'
    const body = bytes({ amount: secret })
    for (const step of [
      { request: jsonata('{"body": $number(body.amount)}') },
      { request: jsonata('$error("no " & body.amount)') },
      { request: patch({ op: 'test', path: '/body/amount', value: 'other' }) },
      { request: patch({ op: 'add', path: '/nowhere/x', value: 'other' }) },
    ]) {
      const failure = await through(step, aRequest({ body })).catch((error: Error) => error)
      expect(failure).toMatchObject({ kind: 'TransformFailed' })
      expect((failure as Error).message).not.toContain(secret)
    }
  })
})
