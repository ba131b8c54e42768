import { describe, expect, it, vi } from 'vitest'
import { rateLimits } from '#functions/tool-proxy/rate-limits.ts'
import { memoryQuotas } from '#shared/adapters/memory/quotas.ts'
import { Failure } from '#shared/errors.ts'
import type { Quotas } from '#shared/ports/quotas.ts'

const rules = { requests: 100, windowMs: 60_000 }

/** Environments over one store, at a time that is set. */
function environments(count: number, quotas: Pick<Quotas, 'lease'> = memoryQuotas()) {
  const clock = { now: 1_000 * 60_000 }
  const lease = vi.fn(quotas.lease)
  const all = Array.from({ length: count }, () => rateLimits({ lease }, { nowMs: () => clock.now }))
  const take = async (nr: number, principal = 'key-1', given = rules) => {
    const environment = all[nr % count]
    if (!environment) throw new Error('no environment')
    return environment.take(principal, 'billing', given)
  }
  return { clock, lease, take }
}

async function allowedOf(count: number, take: (nr: number) => Promise<{ allowed: boolean }>) {
  let allowed = 0
  for (let nr = 0; nr < count; nr++) if ((await take(nr)).allowed) allowed += 1
  return allowed
}

describe('a rate limit', () => {
  it('allows exactly as many requests as it says, in one environment', async () => {
    const { take } = environments(1)
    expect(await allowedOf(150, take)).toBe(100)
  })

  it('holds over environments: no request more, and no more unused than each holds', async () => {
    const { take } = environments(10)
    const allowed = await allowedOf(1_000, take)
    expect(allowed).toBe(100)
  })

  it('holds when all requests come at once', async () => {
    const { take } = environments(3)
    const taken = await Promise.all(Array.from({ length: 500 }, (_, nr) => take(nr)))
    expect(taken.filter(({ allowed }) => allowed)).toHaveLength(100)
  })

  it('tells what is left, for how long, and when to come again', async () => {
    const { clock, take } = environments(1)
    clock.now += 15_500
    expect(await take(0)).toEqual({
      allowed: true,
      headers: ['RateLimit-Policy', '"default";q=100;w=60', 'RateLimit', '"default";r=99;t=45'],
      retryAfterS: 0,
    })
    await allowedOf(99, take)
    expect(await take(0)).toEqual({
      allowed: false,
      headers: ['RateLimit-Policy', '"default";q=100;w=60', 'RateLimit', '"default";r=0;t=45'],
      retryAfterS: 45,
    })
  })

  it('begins anew with the next window', async () => {
    const { clock, take } = environments(1)
    await allowedOf(150, take)
    clock.now += 60_000
    expect(await allowedOf(150, take)).toBe(100)
  })

  it('counts callers and services apart', async () => {
    const { take } = environments(1)
    await allowedOf(150, take)
    expect((await take(0, 'key-2')).allowed).toBe(true)
  })

  it('asks the store once for many requests, and not at all once nothing is left', async () => {
    const { lease, take } = environments(1)
    await allowedOf(100, take)
    expect(lease.mock.calls.length).toBeLessThanOrEqual(51)
    lease.mockClear()
    await allowedOf(100, take)
    expect(lease).not.toHaveBeenCalled()
  })

  it('of no request at all refuses every one', async () => {
    const { take } = environments(1)
    expect((await take(0, 'key-1', { requests: 0, windowMs: 1_000 })).allowed).toBe(false)
  })

  it('holds per environment while the store is away', async () => {
    const away = { lease: async () => Promise.reject(new Failure('Unavailable', 'gone')) }
    const { take } = environments(2, away)
    expect(await allowedOf(1_000, take)).toBe(200)
  })
})
