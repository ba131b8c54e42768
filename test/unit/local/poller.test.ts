import { describe, expect, it } from 'vitest'
import { lagItem, lagReader, summedLag } from '#local/poller/lag.ts'
import { readPollerSettings } from '#local/poller/settings.ts'
import { pollerStatus } from '#local/poller/status.ts'
import type { MappingPlan } from '#local/template/mappings.ts'

const lag = (group: string, partition: number, position: number, oldestUnreadMs = 0) => ({
  ...{ group, topic: 'hooks.custom', partition, position, end: 10, oldestUnreadMs },
})

describe('the settings of the poller', () => {
  it('take the Kafka from either variable', () => {
    const { eventLogUrl, brokers, listen } = readPollerSettings([], { KAFKA_BROKERS: 'a:1,b:2' })
    expect({ eventLogUrl, brokers }).toEqual({ eventLogUrl: 'kafka://a:1,b:2', brokers: 'a:1,b:2' })
    expect(listen).toEqual({ host: '127.0.0.1', port: 4_080 })
  })

  it('tell functions of brokers without a password', () => {
    const env = { EVENT_LOG_URL: 'kafkas://user:secret@a:9094,b:9094?mechanism=scram' }
    expect(readPollerSettings([], env).brokers).toBe('a:9094,b:9094')
  })

  it('may switch the address and the lines about lag off', () => {
    const args = ['--port', 'none', '--lag-every', '0', '--function', 'a', '--function', 'b']
    const settings = readPollerSettings(args, { KAFKA_BROKERS: 'a:1' })
    expect(settings).toMatchObject({ listen: undefined, lagEveryMs: 0, functions: ['a', 'b'] })
  })

  it.each([
    [[], {}, /EVENT_LOG_URL/],
    [['--port', '70000'], { KAFKA_BROKERS: 'a:1' }, /--port is '70000'/],
    [['--lag-every', 'soon'], { KAFKA_BROKERS: 'a:1' }, /--lag-every is 'soon'/],
    [['--nonsense'], { KAFKA_BROKERS: 'a:1' }, /nonsense/],
  ])('say what is wrong with %j %j', (args, env, message) => {
    expect(() => readPollerSettings(args, env)).toThrow(message)
  })
})

describe('the status of the poller', () => {
  it('fails until every mapping reads', () => {
    const status = pollerStatus(['a', 'b'])
    status.reading('a')
    expect(status.read()).toMatchObject({ status: 'fail', mappings: 2, waiting: ['b'] })
    status.reading('b')
    expect(status.read()).toMatchObject({ status: 'pass', waiting: [] })
  })

  it('warns of functions that are away, and tells each change once', () => {
    const status = pollerStatus([])
    const away = { type: 'unreachable', message: 'away' } as const
    const here = { type: 'result', value: null } as const
    const news = [away, away, here, here].map((outcome) => status.heard('reader', outcome))
    expect(news).toEqual(['down', undefined, 'up', undefined])
    status.heard('reader', away)
    expect(status.read()).toMatchObject({ status: 'warn', unreachable: ['reader'] })
  })
})

describe('lag', () => {
  it('is read of the own groups alone', async () => {
    const lags = [lag('own', 0, 4), lag('foreign', 0, 4)]
    const browser = { lag: async () => lags } as unknown as Parameters<typeof lagReader>[0]
    const read = lagReader(browser, [{ group: 'own' } as MappingPlan])
    expect((await read()).map(({ group }) => group)).toEqual(['own'])
  })

  it('is summed by group, and shown by partition as the API does', () => {
    const lags = [lag('a', 0, 4, 70), lag('a', 1, 9, 90), lag('b', 0, 10), lag('c', 0, 0, 20)]
    expect(summedLag(lags)).toEqual({
      lag: 17,
      oldestUnreadMs: 90,
      groups: { a: { lag: 7, oldestUnreadMs: 90 }, c: { lag: 10, oldestUnreadMs: 20 } },
    })
    expect(lagItem(lag('a', 1, 9, 90))).toEqual({
      consumer: 'a',
      topic: 'hooks.custom',
      partition: 1,
      position: 9,
      end: 10,
      lag: 1,
      oldest_unread_ms: 90,
    })
  })
})
