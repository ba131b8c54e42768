import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { accessSnapshotPlace } from '#shared/adapters/access-snapshot-place.ts'
import { s3DocumentPlace } from '#shared/adapters/aws/document-place.ts'
import { fileDocumentPlace } from '#shared/adapters/file/document-place.ts'
import type { SnapshotPlace } from '#shared/ports/snapshot-place.ts'
import { ObjectsInMemory } from '#test/support/objects-in-memory.ts'

const snapshot = (version: number) => ({ version, keys: [], sources: [] })

async function aFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-snapshot-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const fileSnapshotPlace = (folder: string) =>
  accessSnapshotPlace(
    fileDocumentPlace(pathToFileURL(join(folder, '/')).href, { durable: true }),
    'access.json',
  )
const s3SnapshotPlace = (client: ObjectsInMemory) =>
  accessSnapshotPlace(s3DocumentPlace('s3://bucket/', client), 'access.json')

const places: readonly { name: string; open: () => Promise<SnapshotPlace> }[] = [
  {
    name: 'a file',
    open: async () => fileSnapshotPlace(await aFolder()),
  },
  {
    name: 'an object',
    open: async () => s3SnapshotPlace(new ObjectsInMemory({})),
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
    await fileSnapshotPlace(folder).publish(snapshot(1))
    expect((await stat(join(folder, 'access.json'))).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['access.json'])
  })

  it('fails as Unavailable where it cannot be written, or does not hold a snapshot', async () => {
    const folder = await aFolder()
    const lost = fileSnapshotPlace(join(folder, 'no'))
    await expect(lost.publish(snapshot(1))).rejects.toMatchObject({ kind: 'Unavailable' })
    await writeFile(join(folder, 'access.json'), '{"version":')
    const place = fileSnapshotPlace(folder)
    await expect(place.read(undefined)).rejects.toMatchObject({ kind: 'Unavailable' })
    await place.publish(snapshot(3))
    expect((await place.read(undefined))?.snapshot.version).toBe(3)
  })
})

describe('the object', () => {
  it('fails as Unavailable when S3 cannot be reached', async () => {
    const client = new ObjectsInMemory({})
    const place = s3SnapshotPlace(client)
    client.isDown = true
    await expect(place.read(undefined)).rejects.toMatchObject({ kind: 'Unavailable' })
    await expect(place.publish(snapshot(1))).rejects.toMatchObject({ kind: 'Unavailable' })
  })

  it('lets a publisher that was held up fail rather than undo a newer snapshot', async () => {
    const client = new ObjectsInMemory({})
    const place = s3SnapshotPlace(client)
    await place.publish(snapshot(1))
    const send = client.send.bind(client)
    client.send = async (command: unknown) => {
      const answer = await send(command)
      client.send = send
      // Another publishes after this one has looked and before it writes.
      if (command instanceof GetObjectCommand) await place.publish(snapshot(3))
      return answer
    }
    await expect(place.publish(snapshot(2))).rejects.toMatchObject({ kind: 'Unavailable' })
    expect((await place.read(undefined))?.snapshot.version).toBe(3)
  })
})
