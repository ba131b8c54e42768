import { describe, expect, it } from 'vitest'
import type { CacheRequest } from '#shared/domain/caching/message.ts'
import { aCache, anAnswer, aRequest, headerIn, privateRules, THEN } from '#test/support/caching.ts'

type Headers = Record<string, string>

describe('storing (RFC 9111, section 3)', () => {
  it.each<[section: string, answer: Headers, isKept: boolean, request?: Headers, status?: number]>([
    ['3: fresh by max-age', { 'Cache-Control': 'max-age=60' }, true],
    ['3: fresh by Expires', { Expires: 'Fri, 20 Nov 2026 11:00:00 GMT' }, true],
    ['3: a validator and a status that is kept by default', { ETag: '"a"' }, true],
    ['3: neither freshness nor validator', {}, false],
    ['3: public alone', { 'Cache-Control': 'public', ETag: '"a"' }, true],
    ['3: 302 without freshness', { ETag: '"a"' }, false, {}, 302],
    ['3: 302 with freshness', { 'Cache-Control': 'max-age=60' }, true, {}, 302],
    ['3: 404 with freshness', { 'Cache-Control': 'max-age=60' }, true, {}, 404],
    ['3.3: 206', { 'Cache-Control': 'max-age=60' }, false, {}, 206],
    ['3: 304', { 'Cache-Control': 'max-age=60' }, false, {}, 304],
    ['3: 500', { 'Cache-Control': 'max-age=60' }, false, {}, 500],
    ['3: 501', { 'Cache-Control': 'max-age=60' }, true, {}, 501],
    ['5.2.2.5: no-store', { 'Cache-Control': 'max-age=60, no-store' }, false],
    ['5.2: no-store in capitals', { 'Cache-Control': 'max-age=60, No-Store' }, false],
    [
      '5.2.1.5: no-store of the request',
      { 'Cache-Control': 'max-age=60' },
      false,
      { 'cache-control': 'no-store' },
    ],
    ['5.2.2.7: private', { 'Cache-Control': 'max-age=60, private' }, false],
    ['5.2.2.7: private of a field', { 'Cache-Control': 'private="x-a, x-b", max-age=60' }, false],
    [
      '5.2.2.3: must-understand',
      { 'Cache-Control': 'must-understand, no-store, max-age=60' },
      false,
    ],
    ['4.1: Vary: *', { 'Cache-Control': 'max-age=60', Vary: '*' }, false],
    ['4.1: Vary with * among others', { 'Cache-Control': 'max-age=60', Vary: 'Accept, *' }, false],
    ['3.5: Authorization', { 'Cache-Control': 'max-age=60' }, false, { authorization: 'x' }],
    [
      '3.5: Authorization, public',
      { 'Cache-Control': 'public, max-age=60' },
      true,
      { authorization: 'x' },
    ],
    [
      '3.5: Authorization, s-maxage',
      { 'Cache-Control': 's-maxage=60' },
      true,
      { authorization: 'x' },
    ],
    [
      '3.5: Authorization, must-revalidate',
      { 'Cache-Control': 'max-age=9, must-revalidate' },
      true,
      { authorization: 'x' },
    ],
    [
      'a Cookie counts as Authorization',
      { 'Cache-Control': 'max-age=60' },
      false,
      { cookie: 'a=b' },
    ],
    ['7.3: Set-Cookie', { 'Cache-Control': 'public, max-age=60', 'Set-Cookie': 'a=b' }, false],
    ['a Range is asked for', { 'Cache-Control': 'max-age=60' }, false, { range: 'bytes=0-1' }],
    ['the request has a body', { 'Cache-Control': 'max-age=60' }, false, { 'content-length': '2' }],
  ])('%s', (_, headers, isKept, request = {}, status = 200) => {
    const cache = aCache()
    expect(cache.keep(anAnswer(headers, { status }), aRequest(request))).toBe(isKept)
    expect(cache.size.entries).toBe(isKept ? 1 : 0)
  })

  it('is off by default', () => {
    const cache = aCache({ ...privateRules, mode: 'off' })
    expect(cache.keep(anAnswer({ 'Cache-Control': 'public, max-age=60' }))).toBe(false)
    expect(cache.after(0)).toEqual({ type: 'bypass', status: 'omninode-bridge; fwd=bypass' })
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])('keeps no answer to %s', (method) => {
    const request = aRequest({}, { method })
    expect(aCache().keep(anAnswer({ 'Cache-Control': 'max-age=60' }), request)).toBe(false)
  })
})

describe('freshness (section 4.2)', () => {
  const HOUR = 'Fri, 20 Nov 2026 11:00:00 GMT'
  it.each<[section: string, answer: Headers, freshFor: number]>([
    ['4.2.1: max-age', { 'Cache-Control': 'max-age=60' }, 60],
    ['4.2.1: s-maxage before max-age', { 'Cache-Control': 'max-age=60, s-maxage=10' }, 10],
    ['4.2.1: max-age before Expires', { 'Cache-Control': 'max-age=60', Expires: HOUR }, 60],
    ['4.2.1: s-maxage before Expires', { 'Cache-Control': 's-maxage=60', Expires: HOUR }, 60],
    ['4.2.1: Expires less Date', { Expires: HOUR }, 3_600],
    ['5.3: Expires: 0', { Expires: '0', ETag: '"a"' }, 0],
    ['5.2: max-age in capitals', { 'Cache-Control': 'MAX-AGE=60' }, 60],
    ['5.2: max-age in quotes', { 'Cache-Control': 'max-age="60"' }, 60],
    [
      '5.2: behind a quoted value with a comma',
      { 'Cache-Control': 'ext="a, max-age=9", max-age=60' },
      60,
    ],
    ['4.2.1: max-age twice', { 'Cache-Control': 'max-age=60, max-age=5' }, 5],
    ['4.2.1: max-age that is no number', { 'Cache-Control': 'max-age=soon', ETag: '"a"' }, 0],
    [
      '1.2.2: max-age beyond all numbers',
      { 'Cache-Control': 'max-age=99999999999999999999' },
      2 ** 31,
    ],
    ['5.2.2.4: no-cache', { 'Cache-Control': 'max-age=60, no-cache', ETag: '"a"' }, 0],
    [
      '5.2.2.2: must-revalidate while fresh',
      { 'Cache-Control': 'max-age=60, must-revalidate' },
      60,
    ],
    [
      '5.2.2.8: proxy-revalidate while fresh',
      { 'Cache-Control': 'max-age=60, proxy-revalidate' },
      60,
    ],
    ['4.2.3: Age', { 'Cache-Control': 'max-age=60', Age: '40' }, 20],
    [
      '4.2.3: Date in the past',
      { 'Cache-Control': 'max-age=60', Date: 'Fri, 20 Nov 2026 09:59:15 GMT' },
      15,
    ],
    ['4.2.2: nothing is guessed', { 'Last-Modified': 'Fri, 20 Nov 2020 10:00:00 GMT' }, 0],
  ])('%s', (_, headers, freshFor) => {
    const cache = aCache()
    expect(cache.keep(anAnswer(headers))).toBe(true)
    if (freshFor > 0) expect(cache.after(freshFor - 0.001).type).toBe('hit')
    expect(cache.after(freshFor).type).not.toBe('hit')
  })

  it('counts the time that the answer took (4.2.3)', () => {
    const cache = aCache()
    cache.keep(anAnswer({ 'Cache-Control': 'max-age=60' }, { requestedAt: THEN - 10_000 }))
    expect(cache.after(49.9).type).toBe('hit')
    expect(cache.after(50).type).not.toBe('hit')
  })

  it('tells the Age, and what is left', () => {
    const cache = aCache()
    cache.keep(anAnswer({ 'Cache-Control': 'max-age=60', Age: '7' }))
    const found = cache.after(10.6)
    expect(found).toMatchObject({ type: 'hit', status: 'omninode-bridge; hit; ttl=42' })
    if (found.type !== 'hit') return
    expect(found.answer.rawHeaders.filter((name) => name.toLowerCase() === 'age')).toEqual(['Age'])
    expect(headerIn(found.answer.rawHeaders, 'age')).toBe('17')
    expect(String(found.answer.body)).toBe('the body')
  })
})

describe("a request's wishes (section 5.2.1)", () => {
  it.each<[wish: string, answer: string, after: number, type: string]>([
    ['no-cache', 'max-age=60', 1, 'revalidate'],
    ['max-age=10', 'max-age=60', 10, 'hit'],
    ['max-age=10', 'max-age=60', 10.1, 'revalidate'],
    ['min-fresh=20', 'max-age=60', 40, 'hit'],
    ['min-fresh=20', 'max-age=60', 41, 'revalidate'],
    ['max-stale', 'max-age=60', 600, 'hit'],
    ['max-stale=10', 'max-age=60', 70, 'hit'],
    ['max-stale=10', 'max-age=60', 71, 'revalidate'],
    ['max-stale', 'max-age=60, must-revalidate', 61, 'revalidate'],
    ['max-stale', 'max-age=60, proxy-revalidate', 61, 'revalidate'],
    ['max-stale', 's-maxage=60', 61, 'revalidate'],
    ['no-store', 'max-age=60', 1, 'bypass'],
    ['only-if-cached', 'max-age=60', 1, 'hit'],
    ['only-if-cached', 'max-age=60', 61, 'unsatisfiable'],
    ['NO-CACHE', 'max-age=60', 1, 'revalidate'],
  ])('%s of an answer with %s, %s s later: %s', (wish, answer, after, type) => {
    const cache = aCache()
    cache.keep(anAnswer({ 'Cache-Control': answer, ETag: '"a"' }))
    expect(cache.after(after, aRequest({ 'cache-control': wish })).type).toBe(type)
  })

  it('Pragma: no-cache counts where there is no Cache-Control (5.4)', () => {
    const cache = aCache()
    cache.keep(anAnswer({ 'Cache-Control': 'max-age=60', ETag: '"a"' }))
    expect(cache.after(1, aRequest({ pragma: 'no-cache' })).type).toBe('revalidate')
    expect(
      cache.after(1, aRequest({ pragma: 'no-cache', 'cache-control': 'max-age=9' })).type,
    ).toBe('hit')
  })

  it('only-if-cached finds nothing: the caller gets its 504', () => {
    expect(aCache().after(0, aRequest({ 'cache-control': 'only-if-cached' })).type).toBe(
      'unsatisfiable',
    )
  })
})

describe('the key', () => {
  it.each<[what: string, other: Partial<CacheRequest>]>([
    ['another query', { target: '/invoices?page=3' }],
    ['the same query in another order of bytes', { target: '/invoices?page=%32' }],
    ['no query', { target: '/invoices' }],
    ['another service', { service: 'orders' }],
    ['another version', { version: '2.0.0' }],
  ])('%s is another answer', (_, other) => {
    const cache = aCache()
    cache.keep(anAnswer({ 'Cache-Control': 'max-age=60' }))
    expect(cache.after(1).type).toBe('hit')
    expect(cache.after(1, aRequest({}, other)).type).toBe('miss')
  })

  it('serves HEAD from an answer to GET (RFC 9110, section 9.3.2)', () => {
    const cache = aCache()
    cache.keep(anAnswer({ 'Cache-Control': 'max-age=60', 'Content-Length': '8' }))
    const found = cache.after(1, aRequest({}, { method: 'HEAD' }))
    expect(found.type === 'hit' && found.answer.body.byteLength).toBe(0)
    expect(found.type === 'hit' && headerIn(found.answer.rawHeaders, 'content-length')).toBe('8')
  })

  it('has what Vary names in it (4.1)', () => {
    const cache = aCache()
    const answer = { 'Cache-Control': 'max-age=60', Vary: 'Accept-Language, accept' }
    const german = aRequest({ 'accept-language': 'de, en' })
    cache.keep(anAnswer(answer, { body: 'Rechnung' }), german)
    cache.keep(anAnswer(answer, { body: 'invoice' }), aRequest({ 'accept-language': 'en' }))
    const found = cache.after(1, aRequest({ 'accept-language': 'de,en' }))
    expect(found.type === 'hit' && String(found.answer.body)).toBe('Rechnung')
    expect(cache.after(1, aRequest({ 'accept-language': 'fr' }))).toEqual({
      type: 'miss',
      status: 'omninode-bridge; fwd=vary-miss',
    })
    expect(cache.after(1).type).toBe('miss')
  })

  it('keeps so many variants and no more', () => {
    const cache = aCache()
    for (let i = 0; i < 100; i++) {
      cache.keep(
        anAnswer({ 'Cache-Control': 'max-age=60', Vary: 'x-a' }),
        aRequest({ 'x-a': String(i) }),
      )
    }
    const found = Array.from({ length: 100 }, (_, i) =>
      cache.after(1, aRequest({ 'x-a': String(i) })),
    )
    expect(found.filter(({ type }) => type === 'hit')).toHaveLength(16)
    expect(found[99]?.type).toBe('hit')
  })
})

describe('answers for one caller alone', () => {
  const ada = aRequest({}, { caller: 'key:ada' })
  const bob = aRequest({}, { caller: 'key:bob' })
  const forAda = anAnswer({ 'Cache-Control': 'max-age=60, private' }, { body: "ada's" })

  it("are the same caller's again, and nobody else's", () => {
    const cache = aCache(privateRules)
    expect(cache.keep(forAda, ada)).toBe(true)
    expect(cache.after(1, ada).type).toBe('hit')
    expect(cache.after(1, bob).type).toBe('miss')
    expect(cache.after(1).type).toBe('miss')
  })

  it.each(['authorization', 'cookie'])(
    'are not mixed up when a caller speaks for others by %s',
    (name) => {
      const cache = aCache(privateRules)
      cache.keep(forAda, aRequest({ [name]: 'one' }, { caller: 'key:gateway' }))
      expect(cache.after(1, aRequest({ [name]: 'one' }, { caller: 'key:gateway' })).type).toBe(
        'hit',
      )
      expect(cache.after(1, aRequest({ [name]: 'other' }, { caller: 'key:gateway' })).type).toBe(
        'miss',
      )
      expect(cache.after(1, aRequest({}, { caller: 'key:gateway' })).type).toBe('miss')
    },
  )

  it('are what answers are that do not say they are for all, as every caller proves who it is', () => {
    const cache = aCache(privateRules)
    cache.keep(anAnswer({ 'Cache-Control': 'max-age=60' }), ada)
    expect(cache.after(1, ada).type).toBe('hit')
    expect(cache.after(1, bob).type).toBe('miss')
    expect(aCache().keep(anAnswer({ 'Cache-Control': 'max-age=60' }), ada)).toBe(false)
  })

  it('stand beside one for all', () => {
    const cache = aCache(privateRules)
    cache.keep(anAnswer({ 'Cache-Control': 'public, max-age=60' }, { body: 'for all' }), ada)
    expect(cache.after(1, bob).type).toBe('hit')
    cache.keep(forAda, ada)
    const found = [cache.after(1, ada), cache.after(1, bob)]
    expect(found.map((each) => each.type === 'hit' && String(each.answer.body))).toEqual([
      "ada's",
      'for all',
    ])
  })

  it('ignore s-maxage and proxy-revalidate, which are for shared caches', () => {
    const cache = aCache(privateRules)
    cache.keep(anAnswer({ 'Cache-Control': 'private, max-age=60, s-maxage=1' }), ada)
    expect(cache.after(30, ada).type).toBe('hit')
  })
})

describe('validation (section 4.3)', () => {
  const stale = { 'Cache-Control': 'max-age=1' }
  const later = { requestedAt: THEN + 5_000, receivedAt: THEN + 5_000, status: 304 }
  const newDate = new Date(THEN + 5_000).toUTCString()

  it.each<
    [what: string, answer: Headers, request: Headers, sent: Record<string, string | undefined>]
  >([
    ['the entity tag', { ETag: 'W/"a"' }, {}, { 'if-none-match': 'W/"a"' }],
    [
      'the entity tag before the date',
      { ETag: '"a"', 'Last-Modified': newDate },
      {},
      { 'if-none-match': '"a"' },
    ],
    ['the date', { 'Last-Modified': newDate }, {}, { 'if-modified-since': newDate }],
    [
      "the caller's tags too",
      { ETag: '"a"' },
      { 'if-none-match': '"b", "c,d"' },
      { 'if-none-match': '"b", "c,d", "a"' },
    ],
    [
      "the caller's tag once",
      { ETag: '"a"' },
      { 'if-none-match': 'W/"a"' },
      { 'if-none-match': 'W/"a"' },
    ],
    [
      "the tag in the place of the caller's date",
      { ETag: '"a"' },
      { 'if-modified-since': newDate },
      { 'if-none-match': '"a"' },
    ],
  ])('asks by %s', (_, answer, request, sent) => {
    const cache = aCache()
    cache.keep(anAnswer({ ...stale, ...answer }))
    const found = cache.after(5, aRequest(request))
    expect(found).toMatchObject({ type: 'revalidate', status: 'omninode-bridge; fwd=stale' })
    expect(found.type === 'revalidate' && found.headers).toEqual({
      'if-none-match': undefined,
      'if-modified-since': undefined,
      ...sent,
    })
  })

  it('asks anew where there is no validator', () => {
    const cache = aCache()
    cache.keep(anAnswer(stale))
    expect(cache.after(5)).toEqual({ type: 'miss', status: 'omninode-bridge; fwd=stale' })
  })

  it('renews the headers by a 304 and keeps the body (4.3.4, 3.2)', () => {
    const cache = aCache()
    cache.keep(anAnswer({ ...stale, ETag: '"a"', 'X-Old': '1', 'Content-Length': '8', Age: '1' }))
    const notModified = anAnswer(
      {
        ...{ 'Cache-Control': 'max-age=60', ETag: '"a"', Date: newDate },
        ...{ 'X-New': '2', 'Content-Length': '0' },
      },
      later,
    )
    const renewed = cache.freshen(aRequest(), notModified, cache.rules)
    expect(String(renewed?.answer.body)).toBe('the body')
    const headers = renewed?.answer.rawHeaders ?? []
    expect(headerIn(headers, 'x-new')).toBe('2')
    expect(headerIn(headers, 'x-old')).toBe('1')
    expect(headerIn(headers, 'content-length')).toBe('8')
    expect(headerIn(headers, 'date')).toBe(newDate)
    expect(headerIn(headers, 'age')).toBe('0')
    expect(cache.after(60).type).toBe('hit')
  })

  it.each<[what: string, kept: Headers, told: Headers, request: Headers, concerns: boolean]>([
    ['the same tag', { ETag: '"a"' }, { ETag: '"a"' }, {}, true],
    ['the same tag, weak now', { ETag: '"a"' }, { ETag: 'W/"a"' }, {}, true],
    ['another tag', { ETag: '"a"' }, { ETag: '"b"' }, { 'if-none-match': '"b"' }, false],
    ['the same date', { 'Last-Modified': newDate }, { 'Last-Modified': newDate }, {}, true],
    ['no validator', { ETag: '"a"' }, {}, {}, true],
    [
      'no validator, and the caller asked too',
      { ETag: '"a"' },
      {},
      { 'if-none-match': '"b"' },
      false,
    ],
  ])('takes a 304 with %s for what it is (4.3.4)', (_, kept, told, request, concerns) => {
    const cache = aCache()
    cache.keep(anAnswer({ ...stale, ...kept }))
    const renewed = cache.freshen(aRequest(request), anAnswer(told, later), cache.rules)
    expect(renewed !== undefined).toBe(concerns)
  })

  it('lets go of an answer that a 304 makes one not to be kept', () => {
    const cache = aCache()
    cache.keep(anAnswer({ ...stale, ETag: '"a"' }))
    const renewed = cache.freshen(
      aRequest(),
      anAnswer({ 'Cache-Control': 'no-store', ETag: '"a"' }, later),
      cache.rules,
    )
    expect(String(renewed?.answer.body)).toBe('the body')
    expect(cache.size.entries).toBe(0)
  })

  it.each<[what: string, request: Headers, answer: Headers, status: number]>([
    ['the tag', { 'if-none-match': '"b", W/"a"' }, { ETag: '"a"' }, 304],
    ['any tag', { 'if-none-match': '*' }, { ETag: '"a"' }, 304],
    ['another tag', { 'if-none-match': '"b"' }, { ETag: '"a"' }, 200],
    ['the date', { 'if-modified-since': newDate }, { 'Last-Modified': newDate }, 304],
    [
      'an older date',
      { 'if-modified-since': new Date(THEN).toUTCString() },
      { 'Last-Modified': newDate },
      200,
    ],
    [
      'the date, but another tag',
      { 'if-none-match': '"b"', 'if-modified-since': newDate },
      { ETag: '"a"', 'Last-Modified': newDate },
      200,
    ],
  ])('answers a caller who has %s (4.3.2)', (_, request, answer, status) => {
    const cache = aCache()
    cache.keep(anAnswer({ 'Cache-Control': 'max-age=60', 'Content-Type': 'text/plain', ...answer }))
    const found = cache.after(1, aRequest(request))
    expect(found.type === 'hit' && found.answer.status).toBe(status)
    const headers = found.type === 'hit' ? found.answer.rawHeaders : []
    expect(headers.includes('Content-Type')).toBe(status === 200)
  })
})

describe('stale answers (section 4.2.4, RFC 5861)', () => {
  it.each<[control: string, after: number, type: string]>([
    ['max-age=10, stale-while-revalidate=20', 9, 'hit'],
    ['max-age=10, stale-while-revalidate=20', 29, 'stale-while-revalidate'],
    ['max-age=10, stale-while-revalidate=20', 30, 'revalidate'],
    ['max-age=10, stale-while-revalidate=20, must-revalidate', 11, 'revalidate'],
    ['s-maxage=10, stale-while-revalidate=20', 11, 'revalidate'],
  ])('%s, %s s later: %s', (control, after, type) => {
    const cache = aCache()
    cache.keep(anAnswer({ 'Cache-Control': control, ETag: '"a"' }))
    expect(cache.after(after).type).toBe(type)
  })

  it.each<[control: string, after: number, stands: boolean, request?: string, rulesMs?: number]>([
    ['max-age=10, stale-if-error=20', 29, true],
    ['max-age=10, stale-if-error=20', 30, false],
    ['max-age=10', 11, false],
    ['max-age=10', 11, true, 'stale-if-error=5'],
    ['max-age=10', 29, true, '', 20_000],
    ['max-age=10', 31, false, '', 20_000],
    ['max-age=10, must-revalidate, stale-if-error=20', 11, false, '', 20_000],
    ['max-age=10, proxy-revalidate', 11, false, '', 20_000],
    ['s-maxage=10, stale-if-error=20', 11, false, '', 20_000],
    ['no-cache, stale-if-error=20', 11, false, '', 20_000],
    ['max-age=10, stale-if-error=20', 11, false, 'no-cache'],
  ])('for an error: %s, %s s later: %s', (control, after, stands, request = '', rulesMs = 0) => {
    const cache = aCache()
    cache.keep(anAnswer({ 'Cache-Control': control, ETag: '"a"' }))
    const rules = { ...cache.rules, staleIfErrorMs: rulesMs }
    const asked = aRequest(request === '' ? {} : { 'cache-control': request })
    const found = cache.staleFor(asked, rules, THEN + after * 1_000)
    expect(found !== undefined).toBe(stands)
    if (found) expect(found.status).toBe(`omninode-bridge; hit; ttl=${10 - after}`)
  })
})

describe('invalidation (section 4.4)', () => {
  const kept = anAnswer({ 'Cache-Control': 'public, max-age=60' })
  const other = aRequest({}, { target: '/invoices/7' })
  it.each<[what: string, method: string, status: number, headers: Headers, left: number]>([
    ['a POST', 'POST', 200, {}, 1],
    ['a DELETE', 'DELETE', 204, {}, 1],
    ['a method nobody knows', 'PURGE', 200, {}, 1],
    ['a redirect', 'PUT', 303, {}, 1],
    ['a POST that failed', 'POST', 400, {}, 2],
    ['a POST that broke', 'POST', 500, {}, 2],
    ['an OPTIONS', 'OPTIONS', 200, {}, 2],
    ['Location', 'POST', 201, { Location: '/invoices/7' }, 0],
    ['a relative Content-Location', 'POST', 201, { 'Content-Location': 'invoices/7' }, 0],
    ['a Location elsewhere', 'POST', 201, { Location: 'https://example.com/invoices/7' }, 1],
    ['a Location that is none', 'POST', 201, { Location: 'http://[' }, 1],
  ])('by %s', (_, method, status, headers, left) => {
    const cache = aCache()
    cache.keep(kept)
    cache.keep(kept, other)
    const at = { requestedAt: THEN + 1, receivedAt: THEN + 2 }
    cache.invalidate(aRequest({}, { method }), anAnswer(headers, { status, ...at }))
    expect(cache.size.entries).toBe(left)
  })

  it('reaches all versions and all callers', () => {
    const cache = aCache(privateRules)
    for (const version of ['1.0.0', '2.0.0']) {
      for (const caller of ['key:ada', 'key:bob']) {
        cache.keep(anAnswer({ 'Cache-Control': 'max-age=60' }), aRequest({}, { version, caller }))
      }
    }
    expect(cache.size.entries).toBe(4)
    cache.invalidate(aRequest({}, { method: 'POST' }), anAnswer())
    expect(cache.size.entries).toBe(0)
  })

  it('reaches an answer that was under way', () => {
    const cache = aCache()
    cache.invalidate(
      aRequest({}, { method: 'POST' }),
      anAnswer({}, { requestedAt: THEN + 5, receivedAt: THEN + 10 }),
    )
    expect(cache.keep(kept)).toBe(false)
    const after = { requestedAt: THEN + 11, receivedAt: THEN + 12 }
    expect(cache.keep(anAnswer({ 'Cache-Control': 'max-age=60' }, after))).toBe(true)
  })

  it('is what a later answer does that is not kept itself (4.3.3)', () => {
    const cache = aCache()
    cache.keep(kept)
    const later = anAnswer({}, { status: 410, requestedAt: THEN + 1 })
    cache.invalidate(aRequest(), later)
    expect(cache.size.entries).toBe(0)
  })
})
