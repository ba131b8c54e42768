import { describe, expect, it, onTestFinished } from 'vitest'
import { memoryQuotas } from '#shared/adapters/memory/quotas.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { forgetQuotas, postgresQuotas } from '#shared/adapters/postgres/quotas.ts'
import type { Quotas } from '#shared/ports/quotas.ts'
import { freshDatabase } from '#test/support/database.ts'

async function database() {
  const sql = connect(await freshDatabase(), { applicationName: 'test' })
  onTestFinished(() => sql.end())
  return sql
}

const adapters: Readonly<Record<string, () => Promise<Quotas>>> = {
  memory: async () => memoryQuotas(),
  PostgreSQL: async () => postgresQuotas(await database()),
}

const asked = {
  subject: 'billing key-1',
  windowStart: Date.parse('2026-11-20T10:00:00Z'),
  windowMs: 60_000,
  quota: 10,
}

describe.each(Object.entries(adapters))('quotas in %s', (_name, open) => {
  it('grant what is wanted, then what is left, then nothing', async () => {
    const quotas = await open()
    expect(await quotas.lease({ ...asked, wanted: 7 })).toEqual({ granted: 7, left: 3 })
    expect(await quotas.lease({ ...asked, wanted: 7 })).toEqual({ granted: 3, left: 0 })
    expect(await quotas.lease({ ...asked, wanted: 7 })).toEqual({ granted: 0, left: 0 })
  })

  it('never grant more than there is, however many ask at once', async () => {
    const quotas = await open()
    const leases = await Promise.all(
      Array.from({ length: 40 }, () => quotas.lease({ ...asked, wanted: 3 })),
    )
    expect(leases.reduce((sum, { granted }) => sum + granted, 0)).toBe(10)
  })

  it('are one for each subject and window', async () => {
    const quotas = await open()
    await quotas.lease({ ...asked, wanted: 10 })
    const next = { ...asked, windowStart: asked.windowStart + 60_000, wanted: 4 }
    expect(await quotas.lease(next)).toEqual({ granted: 4, left: 6 })
    const other = { ...asked, subject: 'billing key-2', wanted: 4 }
    expect(await quotas.lease(other)).toEqual({ granted: 4, left: 6 })
  })

  it('follow a quota that was changed', async () => {
    const quotas = await open()
    await quotas.lease({ ...asked, wanted: 8 })
    expect(await quotas.lease({ ...asked, quota: 5, wanted: 1 })).toEqual({ granted: 0, left: 0 })
    expect(await quotas.lease({ ...asked, quota: 9, wanted: 5 })).toEqual({ granted: 1, left: 0 })
  })
})

describe('quotas in PostgreSQL', () => {
  it('are forgotten once their window is over', async () => {
    const sql = await database()
    const quotas = postgresQuotas(sql)
    await quotas.lease({ ...asked, wanted: 1 })
    expect(await forgetQuotas(sql, new Date('2026-11-20T10:00:59Z'))).toBe(0)
    expect(await forgetQuotas(sql, new Date('2026-11-20T10:01:01Z'))).toBe(1)
  })

  it('are not waited for when the database hangs', async () => {
    const sql = await database()
    const quotas = postgresQuotas(sql)
    await sql.begin(async (tx) => {
      await tx`lock table limits.used in access exclusive mode`
      await expect(quotas.lease({ ...asked, wanted: 1 })).rejects.toMatchObject({
        kind: 'Unavailable',
      })
    })
  })
})
