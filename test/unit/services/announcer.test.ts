import { expect, it } from 'vitest'
import { announcer } from '#functions/service-watcher/announcer.ts'
import { memoryEventLog, memoryLog } from '#shared/adapters/memory/event-log.ts'
import { memoryKeyValue } from '#shared/adapters/memory/key-value.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import { aListedInstance } from '#test/support/catalogs.ts'

function anAnnouncer(token = 1, keyValue = memoryKeyValue()) {
  const memory = memoryLog(eventTopics)
  let ids = 0
  const own = announcer({
    ...{ keyValue, eventLog: memoryEventLog(memory), redact: (text: string) => text, token },
    newId: () => `id-${++ids}`,
    now: () => new Date(0),
  })
  const records = () => [...memory.topics.values()].flat(2)
  return { keyValue, announcer: own, records }
}

const many = (count: number) =>
  Array.from({ length: count }, (_, nr) =>
    aListedInstance({ id: `3f2504e0-4f89-41d3-9a0c-${String(nr).padStart(12, '0')}` }),
  )

it('tells of 5,000 instances of a service', async () => {
  const { announcer: own, records } = anAnnouncer()
  await own.announce('billing', many(5_000))
  expect(records()).toHaveLength(10_000)
})

it('says when a service has too many, and does not tell the same ones again and again', async () => {
  const { announcer: own, records } = anAnnouncer()
  const tooMany = many(10_000)
  await expect(own.announce('billing', tooMany)).rejects.toMatchObject({ kind: 'TooLarge' })
  const told = records().length
  expect(told).toBeGreaterThan(10_000)
  await expect(own.announce('billing', tooMany)).rejects.toMatchObject({ kind: 'TooLarge' })
  expect(records()).toHaveLength(told)
})

it('refuses who lost the lock to a later one', async () => {
  const later = anAnnouncer(2)
  await later.announcer.announce('billing', many(1))
  const earlier = anAnnouncer(1, later.keyValue)
  await expect(earlier.announcer.announce('billing', [])).rejects.toMatchObject({
    kind: 'Conflict',
  })
  expect(earlier.records()).toEqual([])
})

it('goes by nothing where what was announced is damaged', async () => {
  const { announcer: own, keyValue, records } = anAnnouncer()
  await keyValue.set('announced/billing', '{"instances":')
  await expect(own.announce('billing', many(1))).rejects.toMatchObject({ kind: 'InvalidInput' })
  expect(records()).toEqual([])
})
