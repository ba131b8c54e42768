import { describe, expect, it } from 'vitest'
import { cloudEventJson } from '#shared/domain/cloudevents/json-format.ts'
import { fromRecord } from '#shared/domain/events/record.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import { dataNote, hasData, readJson } from '#test/support/hooks-data.ts'
import { receiver } from '#test/support/intake.ts'

type Sample = Readonly<Record<string, unknown>>
type Suite<T> = Readonly<{ tests: readonly ({ id: string; sampleId: string } & T)[] }>

const suite = <T>(name: string) =>
  hasData ? readJson<Suite<T>>(`cloudevents/${name}.json`).tests : []
const single = { 'content-type': 'application/cloudevents+json; charset=UTF-8' }
const batched = { 'content-type': 'application/cloudevents-batch+json' }

/** The event without what is null, and its time as an instant: samples of one name are equal so. */
function canonical(event: Sample): Sample {
  const { time, ...others } = event
  const present = Object.entries(others).filter(([, value]) => value !== null)
  return {
    ...Object.fromEntries(present),
    ...(typeof time === 'string' ? { time: Date.parse(time) } : {}),
  }
}

const readBack = (record: NewRecord | undefined) => {
  const event = record && fromRecord(record)
  return event && canonical(cloudEventJson(event))
}

describe.skipIf(!hasData)(`the CloudEvents conformance suite${dataNote}`, () => {
  const valid = suite<{ event: Sample }>('valid-events')
  const canonicalOf = new Map(valid.map(({ sampleId, event }) => [sampleId, canonical(event)]))

  it.each(valid)('$id is accepted and read back equal', async ({ event, sampleId }) => {
    const { post, records } = receiver()
    expect((await post({ body: event, headers: single })).statusCode).toBe(202)
    expect(readBack(records[0])).toEqual(canonical(event))
    expect(readBack(records[0])).toEqual(canonicalOf.get(sampleId))
  })

  it.each(suite<{ event: Sample }>('invalid-events'))('$id is refused', async ({ event }) => {
    const { post, records } = receiver()
    await expect(post({ body: event, headers: single })).rejects.toMatchObject({
      kind: 'InvalidInput',
    })
    expect(records).toEqual([])
  })

  it.each(suite<{ batch: readonly Sample[] }>('valid-batches'))(
    '$id is accepted and read back equal',
    async ({ batch }) => {
      const { post, records } = receiver()
      const answer = await post({ body: batch, headers: batched })
      expect(answer.statusCode).toBe(202)
      expect(JSON.parse(answer.body).accepted).toHaveLength(batch.length)
      expect(records.map(readBack)).toEqual(batch.map(canonical))
    },
  )

  it.each(suite<{ batch: unknown }>('invalid-batches'))(
    '$id is refused whole',
    async ({ batch }) => {
      const { post, records } = receiver()
      await expect(post({ body: batch, headers: batched })).rejects.toMatchObject({
        kind: 'InvalidInput',
      })
      expect(records).toEqual([])
    },
  )
})
