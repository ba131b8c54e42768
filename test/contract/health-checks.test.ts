import { describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresDirectory } from '#shared/adapters/postgres/directory.ts'
import { postgresHealthChecks } from '#shared/adapters/postgres/registry-checks.ts'
import type { DueCheck } from '#shared/ports/health-checks.ts'
import { freshDatabase } from '#test/support/database.ts'
import { aRegistration } from '#test/support/discovery.ts'

const check = {
  kind: 'http',
  scheme: 'http',
  path: '/health',
  intervalMs: 10_000,
  timeoutMs: 1_000,
} as const

/** A directory with two who do its checks. */
async function aDirectory() {
  const url = await freshDatabase()
  const sql = connect(url, { applicationName: 'test' })
  const directory = postgresDirectory(url)
  const one = postgresHealthChecks(url)
  const other = postgresHealthChecks(url)
  onTestFinished(async () => {
    await Promise.all([directory.close(), one.close(), other.close(), sql.end()])
  })
  return {
    ...{ directory, one, other },
    healthOf: async (service: string) => (await directory.instances(service))[0],
    /** Everything waits so much longer. */
    elapse: (ms: number) => sql`
      update registry.instance set
        next_check_at = next_check_at - ${ms} * interval '1 ms',
        leased_at = leased_at - ${ms} * interval '1 ms',
        expires_at = expires_at - ${ms} * interval '1 ms',
        critical_since = critical_since - ${ms} * interval '1 ms'`,
  }
}

const passing = ({ service, id, lease }: DueCheck) => ({
  ...{ service, id, lease },
  condition: 'passing' as const,
  note: '',
})

describe('checks that are due', () => {
  it('are shared by those who do them, each lent once', async () => {
    const { directory, one, other } = await aDirectory()
    const ids = Array.from({ length: 40 }, (_, nr) => `i${nr}`)
    for (const id of ids) await directory.register(aRegistration({ service: 's', id, check }))
    const lent = (await Promise.all([one, other, one, other].map((who) => who.due(15)))).flat()
    expect(lent.map(({ id }) => id).sort()).toEqual([...ids].sort())
    expect(lent[0]).toEqual({
      ...{ service: 's', id: lent[0]?.id, lease: expect.any(Number) },
      ...{ url: 'http://127.0.0.1:8080/health', timeoutMs: 1_000 },
    })
    expect(await one.due(100)).toEqual([])
  })

  it('come again an interval after they were lent, longest due first', async () => {
    const { directory, one, elapse } = await aDirectory()
    for (const id of ['a', 'b'])
      await directory.register(aRegistration({ service: 's', id, check }))
    const [first] = await one.due(1)
    await elapse(500)
    const [second] = await one.due(1)
    await one.report([passing(second as DueCheck)])
    await elapse(2_000)
    await one.report([passing(first as DueCheck)])
    await elapse(7_000)
    expect(await one.due(10)).toEqual([])
    await elapse(1_000)
    expect((await one.due(10)).map(({ id }) => id)).toEqual([first?.id, second?.id])
  })

  it('go to another when nothing is said, and the first one is not believed any more', async () => {
    const { directory, one, other, elapse, healthOf } = await aDirectory()
    await directory.register(aRegistration({ service: 's', check }))
    const [lost] = await one.due(1)
    await elapse(5_000)
    expect(await other.due(1)).toEqual([])
    await elapse(1_100)
    const [taken] = await other.due(1)
    expect(taken?.lease).not.toBe(lost?.lease)
    await one.report([passing(lost as DueCheck)])
    expect(await healthOf('s')).toMatchObject({ health: 'critical' })
    await other.report([passing(taken as DueCheck)])
    expect(await healthOf('s')).toMatchObject({ health: 'passing' })
    const late = { ...passing(taken as DueCheck), condition: 'critical' as const }
    await other.report([late])
    expect(await healthOf('s')).toMatchObject({ health: 'passing' })
  })

  it('count for nothing once the instance announces another check, or is another one', async () => {
    const { directory, one, healthOf } = await aDirectory()
    const registration = aRegistration({ service: 's', check })
    await directory.register(registration)
    const [before] = await one.due(1)
    await directory.register(registration)
    expect(await one.due(1)).toEqual([])
    await directory.register({ ...registration, port: 9_090 })
    const [moved] = await one.due(1)
    expect(moved?.url).toBe('http://127.0.0.1:9090/health')
    await one.report([passing(before as DueCheck)])
    expect(await healthOf('s')).toMatchObject({ health: 'critical', reason: 'not asked yet' })
    await directory.deregister(registration)
    await directory.register(registration)
    await one.report([passing(moved as DueCheck)])
    expect(await healthOf('s')).toMatchObject({ health: 'critical' })
  })

  it('say why with any text, as far as it can be kept', async () => {
    const { directory, one, healthOf } = await aDirectory()
    await directory.register(aRegistration({ service: 's', check }))
    const [due] = await one.due(1)
    const note = `bad \0 \ud800 ${'x'.repeat(10_000)}`
    await one.report([{ ...passing(due as DueCheck), condition: 'warning', note }])
    const { reason = '' } = (await healthOf('s')) ?? {}
    expect(reason.startsWith('bad \ufffd \ufffd xxx')).toBe(true)
    expect(reason).toHaveLength(4_096)
  })
})

describe('a sweep', () => {
  it('done by ten at once tells watchers once of what was silent, and removes what asked for it', async () => {
    const { directory, one, other, elapse } = await aDirectory()
    const ttl = { kind: 'ttl', ttlMs: 1_000, removeAfterMs: 60_000 } as const
    const ids = Array.from({ length: 20 }, (_, nr) => `i${nr}`)
    for (const id of ids) await directory.register(aRegistration({ service: 's', id, check: ttl }))
    const sweepAll = () =>
      Promise.all(Array.from({ length: 10 }, (_, nr) => (nr % 2 ? one : other).sweep()))
    await elapse(1_000)
    await sweepAll()
    const listed = await directory.instances('s')
    expect(new Set(listed.map(({ reason }) => reason))).toEqual(
      new Set(['nothing was heard for 1000 ms']),
    )
    await elapse(58_000)
    await sweepAll()
    expect(await directory.services()).toEqual(['s'])
    await elapse(2_000)
    await sweepAll()
    expect(await directory.services()).toEqual([])
  })
})
