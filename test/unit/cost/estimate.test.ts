import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimate, type Line, type Traffic } from '#commands/cost/estimate.ts'
import { takeInventory } from '#commands/cost/inventory.ts'
import { prices } from '#commands/cost/prices.ts'
import { reportOf, sums } from '#commands/cost/report.ts'

const lambda = (FunctionName: string, MemorySize: number) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { FunctionName, MemorySize },
})
const mapping = (FunctionName: string, topic = 'hooks.execution') => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    FunctionName,
    Topics: [topic],
    BatchSize: 1_000,
    ProvisionedPollerConfig: { MinimumPollers: 11, PollerGroupName: FunctionName },
  },
})
const stage = takeInventory([
  lambda('hook-receiver', 512),
  lambda('event-recorder', 1_024),
  lambda('housekeeping', 512),
  mapping('event-recorder'),
  mapping('pattern-processor'),
  { Type: 'AWS::MSK::ServerlessCluster' },
])
const traffic = (hooksPerDay: number, hooksPerRequest = 1): Traffic => ({
  hooksPerDay,
  hooksPerRequest,
  bytesPerHook: 2_000,
  callsPerDay: 0,
  msPerCall: 100,
})
/** A million hooks a month. */
const million = traffic(1e6 / 30.4)
const usd = (lines: readonly Line[], what: string) =>
  lines.filter((line) => line.what === what).reduce((sum, line) => sum + line.usd, 0)
const total = (lines: readonly Line[], kind: Line['kind']) =>
  lines.filter((line) => line.kind === kind).reduce((sum, line) => sum + line.usd, 0)

describe('the estimate of a month', () => {
  it('agrees with what AWS charges for a million hooks', () => {
    const lines = estimate(stage, million)
    expect(usd(lines, 'requests')).toBeCloseTo(3.5, 5)
    // 0.5 GB for 10 ms, a million times, are 5,000 GB-seconds.
    expect(usd(lines, 'hook-receiver, compute')).toBeCloseTo(0.0667, 3)
    expect(usd(lines, 'written')).toBeCloseTo(0.2, 5)
    expect(usd(lines, 'read')).toBeCloseTo(0.2, 5)
  })

  it('has a unit of ten pollers for eleven twice', () => {
    const [units] = estimate(stage, million).filter(({ what }) => what === 'poller units')
    expect(units).toMatchObject({ kind: 'floor', quantity: 4 * 730 })
    expect(units?.usd).toBeCloseTo(540.2, 5)
  })

  it('counts calls of services: in the API, in tool-proxy, and for whoever reads them', () => {
    const withCalls = takeInventory([
      lambda('tool-proxy', 1_024),
      mapping('event-recorder'),
      mapping('event-recorder', 'tools.calls'),
      mapping('traffic-learner', 'tools.calls'),
      { Type: 'AWS::MSK::ServerlessCluster' },
    ])
    const lines = estimate(withCalls, { ...traffic(0), callsPerDay: 1e6 / 30.4 })
    expect(usd(lines, 'requests')).toBeCloseTo(3.5, 5)
    // 1 GB for 100 ms, a million times, are 100,000 GB-seconds.
    expect(usd(lines, 'tool-proxy, compute')).toBeCloseTo(1.333, 3)
    expect(usd(lines, 'read')).toBeCloseTo(2 * 2 * 0.05, 5)
    // Hooks are nothing to whoever reads calls alone.
    expect(usd(estimate(withCalls, million), 'read')).toBeCloseTo(2 * 0.05, 5)
  })

  it('pays for the watcher, which always runs, and for its catalog', () => {
    const watched = takeInventory([lambda('service-watcher', 512)])
    const lines = estimate(watched, traffic(0))
    expect(usd(lines, 'service-watcher by the clock, compute')).toBeCloseTo(36.2, 1)
    expect(usd(lines, 'written')).toBeCloseTo(2.628, 3)
  })

  it('without any hook is its floor', () => {
    const lines = estimate(stage, traffic(0))
    expect(lines.filter(({ kind }) => kind === 'use')).toEqual([])
    expect(total(lines, 'floor')).toBeGreaterThan(547)
  })

  it('grows with traffic, never its floor', () => {
    const hooks = fc.integer({ min: 0, max: 1e9 })
    fc.assert(
      fc.property(hooks, hooks, (one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)]
        const [few, many] = [estimate(stage, traffic(less)), estimate(stage, traffic(more))]
        expect(total(few, 'floor')).toBeCloseTo(total(many, 'floor'), 6)
        expect(usd(many, 'requests')).toBeGreaterThanOrEqual(usd(few, 'requests'))
        expect(usd(many, 'written')).toBeGreaterThanOrEqual(usd(few, 'written'))
      }),
    )
  })

  it('falls with batches, for what is counted by requests', () => {
    const [single, batched] = [1, 25].map((size) => estimate(stage, traffic(1e6, size)))
    const [of, by] = [usd(single ?? [], 'requests'), usd(batched ?? [], 'requests')]
    expect(of / by).toBeCloseTo(25, 5)
    expect(usd(single ?? [], 'written')).toBe(usd(batched ?? [], 'written'))
  })
})

describe('the sums', () => {
  it('keep apart what prices are how sure, and lose nothing', () => {
    const lines = estimate(stage, million)
    const all = sums(lines).reduce((sum, { floor, use }) => sum + floor + use, 0)
    expect(all).toBeCloseTo(
      lines.reduce((sum, line) => sum + line.usd, 0),
      6,
    )
    const published = lines.filter(({ grade }) => grade === 'published')
    expect(sums(lines)[0]).toMatchObject({ grade: 'published', floor: total(published, 'floor') })
  })

  it('are marked in the table where a price was not looked up', () => {
    const report = reportOf(estimate(stage, million), million)
    expect(report).toMatch(/kept .* \?$/m)
    expect(report).not.toMatch(/MSK Serverless .*[?~]$/m)
  })
})

describe('every price', () => {
  it.each(Object.entries(prices))('%s says its unit and where it is from', (_, price) => {
    expect(price.usd).toBeGreaterThan(0)
    expect(price.unit).not.toBe('')
    expect(price.source).not.toBe('')
    if (price.grade !== 'unchecked') expect(price.source).toMatch(/20\d\d-\d\d/)
  })
})
