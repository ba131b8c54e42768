import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aCache, anAnswer, aRequest, privateRules } from '#test/support/caching.ts'

const fresh = { 'Cache-Control': 'public, max-age=60' }

describe("the cache's memory", () => {
  it('never holds more bytes than it may, and lets go of what was used least recently', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.nat(30), length: fc.nat(4_000) }), { maxLength: 200 }),
        (stored) => {
          const cache = aCache(privateRules, 20_000)
          for (const { key, length } of stored) {
            const request = aRequest({}, { target: `/${key}` })
            cache.keep(anAnswer(fresh, { body: 'x'.repeat(length) }), request)
            expect(cache.size.bytes).toBeLessThanOrEqual(20_000)
          }
          const last = stored.at(-1)
          if (!last) return
          expect(cache.after(1, aRequest({}, { target: `/${last.key}` })).type).toBe('hit')
        },
      ),
    )
  })

  it('takes no single answer that is too large', () => {
    const cache = aCache({ ...privateRules, maxEntryBytes: 10 })
    expect(cache.keep(anAnswer(fresh, { body: 'x'.repeat(11) }))).toBe(false)
    expect(cache.keep(anAnswer(fresh, { body: 'x'.repeat(10) }))).toBe(true)
    expect(aCache(privateRules, 600).keep(anAnswer(fresh, { body: 'x'.repeat(600) }))).toBe(false)
  })

  it('does not change when the body that was stored is written over', () => {
    const cache = aCache()
    const answer = anAnswer(fresh)
    cache.keep(answer)
    answer.body.fill(0)
    const found = cache.after(1)
    expect(found.type === 'hit' && String(found.answer.body)).toBe('the body')
  })
})

describe('callers who ask the same at once', () => {
  const request = aRequest({}, { caller: 'key:ada' })
  const join = (cache: ReturnType<typeof aCache>, of = request) => cache.join(of, cache.rules)
  const lead = (cache: ReturnType<typeof aCache>, of = request) => {
    const flight = join(cache, of)
    if (!flight.leads) throw new Error('does not lead')
    return flight
  }

  it('wait for the one who came first, and find what it stored', async () => {
    const cache = aCache()
    const first = lead(cache)
    const second = join(cache)
    expect(second.leads).toBe(false)
    cache.keep(anAnswer(fresh), request)
    first.land('stored')
    await (second.leads ? undefined : second.landed)
    expect(cache.after(0, request).type).toBe('hit')
    expect(join(cache).leads).toBe(true)
  })

  it('are let go when the first fails', async () => {
    const cache = aCache()
    const first = lead(cache)
    const second = join(cache)
    first.land('failed')
    await (second.leads ? undefined : second.landed)
    expect(cache.after(0, request).type).toBe('miss')
    expect(join(cache).leads).toBe(true)
    expect(join(cache).leads).toBe(false)
  })

  it('do not wait for each other for a while after an answer that is not for the cache', () => {
    const cache = aCache()
    lead(cache).land('not-stored')
    expect(join(cache).leads).toBe(true)
    expect(join(cache).leads).toBe(true)
    cache.pass(30_001)
    expect(join(cache).leads).toBe(true)
    expect(join(cache).leads).toBe(false)
  })

  it('wait only for themselves where answers turned out to be personal', () => {
    const cache = aCache(privateRules)
    const bob = aRequest({}, { caller: 'key:bob' })
    const first = lead(cache)
    expect(join(cache, bob).leads).toBe(false)
    cache.keep(anAnswer({ 'Cache-Control': 'private, max-age=60' }), request)
    first.land('stored')
    expect(join(cache).leads).toBe(true)
    expect(join(cache, bob).leads).toBe(true)
    expect(join(cache, bob).leads).toBe(false)
  })

  it('do not wait for ever for one who never comes back', () => {
    const cache = aCache()
    lead(cache)
    expect(join(cache).leads).toBe(false)
    cache.pass(30_000)
    expect(join(cache).leads).toBe(true)
  })

  it.each<[what: string, headers: Record<string, string>, method: string]>([
    ['a condition', { 'if-none-match': '"a"' }, 'GET'],
    ['a wish', { 'cache-control': 'no-cache' }, 'GET'],
    ['another method', {}, 'POST'],
    ['HEAD', {}, 'HEAD'],
  ])('ask alone with %s', (_, headers, method) => {
    const cache = aCache()
    const own = aRequest(headers, { method })
    expect(join(cache, own).leads).toBe(true)
    expect(join(cache, own).leads).toBe(true)
  })
})
