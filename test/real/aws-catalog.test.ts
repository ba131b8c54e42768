import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { s3DocumentPlace } from '#shared/adapters/aws/document-place.ts'
import { catalogPublisher } from '#shared/adapters/catalog/publisher.ts'
import { catalogReader } from '#shared/adapters/catalog/reader.ts'
import { aCatalog } from '#test/support/catalogs.ts'

const LOOK_EVERY_MS = 500

describe('a catalog in S3', () => {
  if (!process.env.AWS_ENDPOINT_URL) {
    it.skip('is not run: AWS_ENDPOINT_URL is not set', () => undefined)
    return
  }

  async function aPlace() {
    const client = new S3Client({ forcePathStyle: true })
    onTestFinished(() => client.destroy())
    const Bucket = `catalog-${randomUUID()}`
    await client.send(new CreateBucketCommand({ Bucket }))
    return { client, Bucket, place: s3DocumentPlace(`s3://${Bucket}/catalog/`, client) }
  }

  it('replaces a document only in the place of the one that was read', async () => {
    const { place } = await aPlace()
    await expect(place.read('a.json')).rejects.toMatchObject({ kind: 'NotFound' })
    const tag = await place.replace('a.json', '1', undefined)
    await expect(place.replace('a.json', '2', undefined)).rejects.toMatchObject({
      kind: 'Conflict',
    })
    expect(await place.read('a.json', tag)).toBeUndefined()
    const next = await place.replace('a.json', '3', tag)
    await expect(place.replace('a.json', '4', tag)).rejects.toMatchObject({ kind: 'Conflict' })
    expect(await place.read('a.json', tag)).toEqual({ tag: next, text: '3' })
    await place.remove('a.json')
    await place.remove('a.json')
    await expect(place.read('a.json')).rejects.toMatchObject({ kind: 'NotFound' })
  })

  it('has a change within a second, and refuses who was overtaken', async () => {
    const { client, Bucket, place } = await aPlace()
    const [publisher, later] = [1, 2].map(() => catalogPublisher(Promise.resolve(place)))
    const options = { lookEveryMs: LOOK_EVERY_MS, now: Date.now }
    const reader = catalogReader(Promise.resolve(place), options)
    onTestFinished(() => reader.close())
    const terms = (token: number) => ({ token, confirmedAt: Date.now() })
    await publisher?.publish([aCatalog('billing')], terms(1))
    expect(await reader.find('billing')).toMatchObject({ stale: false })
    for (let instances = 0; instances < 3; instances++) {
      const catalog = aCatalog('billing', {
        instances: aCatalog('billing').instances.slice(instances),
      })
      const changedAt = performance.now()
      await later?.publish([catalog], terms(2))
      await expect
        .poll(async () => (await reader.find('billing'))?.catalog.instances.length)
        .toBe(catalog.instances.length)
      expect(performance.now() - changedAt).toBeLessThan(1_000)
    }
    const refused = { kind: 'Conflict' }
    await expect(publisher?.publish([], terms(1))).rejects.toMatchObject(refused)
    const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket }))
    expect(KeyCount).toBe(3)
  })
})
