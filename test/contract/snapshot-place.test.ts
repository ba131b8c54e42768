import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { s3SnapshotPlace } from '#shared/adapters/aws/snapshot-place.ts'
import { fileSnapshotPlace } from '#shared/adapters/file/snapshot-place.ts'
import type { SnapshotPlace } from '#shared/ports/snapshot-place.ts'

const snapshot = (version: number) => ({ version, keys: [], sources: [] })

async function aFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-snapshot-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** S3's answers to the three commands, conditions included, without its network. */
class ObjectInMemory extends S3Client {
  #object: { Body: string; ETag: string; Metadata: Record<string, string> } | undefined
  #puts = 0
  isDown = false

  override async send(command: unknown): Promise<never> {
    const answer = (value: unknown) => value as never
    if (this.isDown) throw new Error('connect ECONNREFUSED')
    if (command instanceof PutObjectCommand) {
      const { Body, IfMatch, IfNoneMatch, Metadata = {} } = command.input
      const isAllowed = IfNoneMatch === '*' ? !this.#object : this.#object?.ETag === IfMatch
      if (!isAllowed) throw refusal(412)
      this.#puts += 1
      this.#object = { Body: String(Body), ETag: `"${this.#puts}"`, Metadata }
      return answer({})
    }
    if (!this.#object) throw refusal(404)
    const { Body, ETag, Metadata } = this.#object
    if (command instanceof HeadObjectCommand) return answer({ ETag, Metadata })
    if (command instanceof GetObjectCommand && command.input.IfNoneMatch === ETag)
      throw refusal(304)
    return answer({ ETag, Body: { transformToString: async () => Body } })
  }
}

const refusal = (httpStatusCode: number) =>
  Object.assign(new Error(`status ${httpStatusCode}`), { $metadata: { httpStatusCode } })

const places: readonly { name: string; open: () => Promise<SnapshotPlace> }[] = [
  {
    name: 'a file',
    open: async () => fileSnapshotPlace(pathToFileURL(join(await aFolder(), 'access.json')).href),
  },
  {
    name: 'an object',
    open: async () => s3SnapshotPlace('s3://bucket/access.json', new ObjectInMemory({})),
  },
]

describe.each(places)('$name', ({ open }) => {
  it('is unavailable while nothing was published', async () => {
    const place = await open()
    await expect(place.read(undefined)).rejects.toMatchObject({ kind: 'Unavailable' })
  })

  it('gives what was published last', async () => {
    const place = await open()
    await place.publish(snapshot(1))
    await place.publish(snapshot(2))
    expect((await place.read(undefined))?.snapshot).toEqual(snapshot(2))
  })

  it('says nothing while its tag is the reader’s, and gives the next one after', async () => {
    const place = await open()
    await place.publish(snapshot(1))
    const first = await place.read(undefined)
    expect(await place.read(first?.tag)).toBeUndefined()
    await place.publish(snapshot(2))
    expect((await place.read(first?.tag))?.snapshot.version).toBe(2)
  })

  it('keeps a newer one from being overwritten by an older', async () => {
    const place = await open()
    await place.publish(snapshot(2))
    await place.publish(snapshot(1))
    expect((await place.read(undefined))?.snapshot.version).toBe(2)
  })
})

describe('the file', () => {
  it('is for its owner alone, and leaves no drafts', async () => {
    const folder = await aFolder()
    const file = join(folder, 'access.json')
    await fileSnapshotPlace(pathToFileURL(file).href).publish(snapshot(1))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['access.json'])
  })

  it('fails as Unavailable where it cannot be written, or does not hold a snapshot', async () => {
    const folder = await aFolder()
    const lost = fileSnapshotPlace(pathToFileURL(join(folder, 'no', 'access.json')).href)
    await expect(lost.publish(snapshot(1))).rejects.toMatchObject({ kind: 'Unavailable' })
    const broken = join(folder, 'access.json')
    await writeFile(broken, '{"version":')
    const place = fileSnapshotPlace(pathToFileURL(broken).href)
    await expect(place.read(undefined)).rejects.toMatchObject({ kind: 'Unavailable' })
    await place.publish(snapshot(3))
    expect((await place.read(undefined))?.snapshot.version).toBe(3)
  })
})

describe('the object', () => {
  it('fails as Unavailable when S3 cannot be reached', async () => {
    const client = new ObjectInMemory({})
    const place = s3SnapshotPlace('s3://bucket/access.json', client)
    client.isDown = true
    await expect(place.read(undefined)).rejects.toMatchObject({ kind: 'Unavailable' })
    await expect(place.publish(snapshot(1))).rejects.toMatchObject({ kind: 'Unavailable' })
  })

  it('lets a publisher that was held up fail rather than undo a newer snapshot', async () => {
    const client = new ObjectInMemory({})
    const place = s3SnapshotPlace('s3://bucket/access.json', client)
    await place.publish(snapshot(1))
    const send = client.send.bind(client)
    client.send = async (command: unknown) => {
      const answer = await send(command)
      client.send = send
      // Another publishes after this one has looked and before it writes.
      if (command instanceof HeadObjectCommand) await place.publish(snapshot(3))
      return answer
    }
    await expect(place.publish(snapshot(2))).rejects.toMatchObject({ kind: 'Unavailable' })
    expect((await place.read(undefined))?.snapshot.version).toBe(3)
  })
})
