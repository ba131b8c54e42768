import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { anomalySpan, findAnomalies, type Pulse } from '#shared/domain/patterns/anomaly.ts'
import { hourOf } from '#shared/domain/patterns/forgetting.ts'

const folder = new URL('../../../../shared/data/anomaly/', import.meta.url)

type Window = readonly [begin: number, end: number]

/** A NAB series as hourly pulses; a series below 0 is lifted, as no duration is. */
function readSeries(name: string) {
  const lines = readFileSync(new URL(`${name}.csv`, folder), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
  const samples = lines.map((line) => {
    const [time = '', value = ''] = line.trim().split(',')
    return { at: Date.parse(`${time.replace(' ', 'T')}Z`) * 1_000, value: Number(value) }
  })
  const least = Math.min(...samples.map(({ value }) => value))
  const lift = least > 0 ? 0 : 50 - least
  const hours = new Map<number, Pulse>()
  for (const { at, value } of samples) {
    const hour = hourOf(at)
    const before = hours.get(hour) ?? { hour, ok: 0, error: 0, timed: 0, logSum: 0 }
    const log = Math.round(1_000 * Math.log((value + lift) * 1_000))
    hours.set(hour, { ...before, timed: before.timed + 1, logSum: before.logSum + log })
  }
  return [...hours.values()]
}

function readWindows(name: string): Window[] {
  const all = JSON.parse(readFileSync(new URL('combined_windows.json', folder), 'utf8'))
  const micros = (time: string) => Date.parse(`${time.replace(' ', 'T').slice(0, 23)}Z`) * 1_000
  return all[name].map(([begin, end]: [string, string]) => [micros(begin), micros(end)])
}

describe.skipIf(!existsSync(folder))('labelled series (../shared/data)', () => {
  it.each([
    {
      file: 'realKnownCause_ec2_request_latency_system_failure',
      label: 'realKnownCause/ec2_request_latency_system_failure.csv',
      windowsHit: 2,
    },
    {
      file: 'artificialWithAnomaly_art_daily_flatmiddle',
      label: 'artificialWithAnomaly/art_daily_flatmiddle.csv',
      windowsHit: 1,
    },
    {
      file: 'artificialNoAnomaly_art_flatline',
      label: 'artificialNoAnomaly/art_flatline.csv',
      windowsHit: 0,
    },
  ])('finds $windowsHit labelled windows in $file and nothing else', (series) => {
    const windows = readWindows(series.label)
    const found = findAnomalies(new Map([[1, readSeries(series.file)]])).map(anomalySpan)
    const touches = ([begin, end]: Window) => found.filter((s) => s.begin <= end && s.end >= begin)
    expect(windows.filter((window) => touches(window).length > 0)).toHaveLength(series.windowsHit)
    expect(found.filter((s) => !windows.some(([b, e]) => s.begin <= e && s.end >= b))).toEqual([])
  })
})

const day = 24
const quiet = (hour: number): Pulse => ({ hour, ok: 50, error: 1, timed: 50, logSum: 50 * 9_000 })
const hours = Array.from({ length: 10 * day }, (_, hour) => quiet(hour))

describe('anomalies', () => {
  it('are none in the usual', () => {
    expect(findAnomalies(new Map([[1, hours]]))).toEqual([])
  })

  it('join neighbouring hours of slowness', () => {
    const slow = hours.map((pulse) =>
      pulse.hour === 100 || pulse.hour === 101 ? { ...pulse, logSum: 50 * 9_700 } : pulse,
    )
    expect(findAnomalies(new Map([[1, slow]]))).toMatchObject([
      { operation: 1, measure: 'latency', from: 100, to: 101, support: 100 },
    ])
  })

  it('see a burst of failures', () => {
    const failing = hours.map((pulse) =>
      pulse.hour === 77 ? { ...pulse, ok: 30, error: 21 } : pulse,
    )
    expect(findAnomalies(new Map([[4, failing]]))).toMatchObject([
      { operation: 4, measure: 'failure', from: 77, to: 77 },
    ])
  })

  it('are not told from less than a day', () => {
    const short = hours.slice(0, 20).map((pulse) => ({ ...pulse }))
    short[3] = { hour: 3, ok: 0, error: 50, timed: 50, logSum: 50 * 14_000 }
    expect(findAnomalies(new Map([[1, short]]))).toEqual([])
  })

  it('stay within the budget of false alarms on noise', () => {
    // A linear congruential generator: the same noise in every run.
    let seed = 42
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed / 2 ** 31
    }
    const normal = () => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(6.283185 * random())
    const operations = Array.from({ length: 40 }, (_, operation) => {
      const pulses = hours.map((pulse) => {
        const level = Math.round(1_000 * (9 + 0.1 * normal()))
        return { ...pulse, error: 0, logSum: level * 50 }
      })
      return [operation, pulses] as const
    })
    expect(findAnomalies(new Map(operations)).length).toBeLessThanOrEqual(1)
  })
})
