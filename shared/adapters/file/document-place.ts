import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../errors.ts'
import type { DocumentPlace } from '../../ports/document-place.ts'

/** Only the bridge's own user: what lies there may hold digests of keys and sealed secrets. */
const MODE = 0o600

type FilePlaceOptions = Readonly<{
  /** Whether what was written outlives a loss of power; not needed where it is soon published again. */
  durable: boolean
  /** Whether the folder is made where it is not there. */
  makeFolder?: boolean
}>

/**
 * Keeps documents as files of a folder, `file:///folder/`, for places on one machine. Two who replace
 * one at the same instant may both succeed: the last one holds.
 */
export function fileDocumentPlace(
  folderUrl: string,
  { durable, makeFolder = false }: FilePlaceOptions,
): DocumentPlace {
  const folder = fileURLToPath(folderUrl)
  const pathOf = (name: string) => folder + name

  async function tagOf(path: string): Promise<string> {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true })
    return `${ino}-${mtimeNs}-${size}`
  }

  async function write(name: string, text: string, mayReplace: () => Promise<void>) {
    const path = pathOf(name)
    const draft = `${path}.${randomUUID()}`
    try {
      if (makeFolder) await mkdir(folder, { recursive: true })
      await writeFile(draft, text, durable)
      const tag = await tagOf(draft)
      await mayReplace()
      await rename(draft, path)
      return tag
    } catch (error) {
      await rm(draft, { force: true })
      throw asFailure(error, `${name} could not be written`)
    }
  }

  return {
    async read(name, tag) {
      try {
        const found = await tagOf(pathOf(name))
        if (found === tag) return undefined
        // Replaced meanwhile, it only is newer than its tag: the next look reads it once more.
        return { tag: found, text: await readFile(pathOf(name), 'utf8') }
      } catch (error) {
        throw asFailure(error, `${name} could not be read`)
      }
    },

    async put(name, text) {
      await write(name, text, async () => undefined)
    },

    replace: (name, text, tag) =>
      write(name, text, async () => {
        const found = await tagOf(pathOf(name)).catch(noneIfMissing)
        if (found !== tag) throw new Failure('Conflict', `${name} was replaced by another`)
      }),

    async remove(name) {
      try {
        await rm(pathOf(name), { force: true })
      } catch (error) {
        throw asFailure(error, `${name} could not be removed`)
      }
    },
  }
}

async function writeFile(path: string, text: string, durable: boolean): Promise<void> {
  const file = await open(path, 'wx', MODE)
  try {
    await file.writeFile(text)
    // A rename may reach the disk before the bytes do.
    if (durable) await file.sync()
  } finally {
    await file.close()
  }
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException | null)?.code === 'ENOENT'

function noneIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
}

function asFailure(error: unknown, message: string): Failure {
  if (error instanceof Failure) return error
  return new Failure(isMissing(error) ? 'NotFound' : 'Unavailable', message, { cause: error })
}
