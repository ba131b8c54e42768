import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseSnapshot } from '../../domain/access-snapshot.ts'
import { Failure } from '../../errors.ts'
import type { SnapshotPlace } from '../../ports/snapshot-place.ts'

/** Only the bridge's own user: the file holds digests of keys and sealed secrets. */
const MODE = 0o600

/** Keeps the snapshot in a file of an existing folder, for places on one machine. */
export function fileSnapshotPlace(url: string): SnapshotPlace {
  const path = fileURLToPath(url)
  const place: SnapshotPlace = {
    async read(tag) {
      try {
        const { ino, mtimeNs, size } = await stat(path, { bigint: true })
        const found = `${ino}-${mtimeNs}-${size}`
        if (found === tag) return undefined
        // Replaced meanwhile, it only is newer than its tag: the next look reads it once more.
        const snapshot = parseSnapshot(await readFile(path, 'utf8'))
        if (!snapshot) throw new Failure('Unavailable', 'the access snapshot is not readable')
        return { tag: found, snapshot }
      } catch (error) {
        throw asUnavailable(error, 'the access snapshot is not there')
      }
    },

    async publish(snapshot) {
      const current = await place.read(undefined).catch(() => undefined)
      if (current && current.snapshot.version > snapshot.version) return
      const draft = `${path}.${randomUUID()}`
      try {
        await write(draft, JSON.stringify(snapshot))
        await rename(draft, path)
      } catch (error) {
        await rm(draft, { force: true })
        throw asUnavailable(error, 'the access snapshot could not be written')
      }
    },
  }
  return place
}

async function write(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', MODE)
  try {
    await file.writeFile(text)
    // A rename may reach the disk before the bytes do.
    await file.sync()
  } finally {
    await file.close()
  }
}

function asUnavailable(error: unknown, message: string): Failure {
  return error instanceof Failure ? error : new Failure('Unavailable', message, { cause: error })
}
