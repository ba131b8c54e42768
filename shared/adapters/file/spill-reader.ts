import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpillMessage } from '../../domain/spill/message.ts'
import { DRAFT_ENDING, writeDurably } from './durable-file.ts'
import { fromSpillFile, SPILL_ENDING, toSpillFile } from './spill-file.ts'

/** Looks into a folder that `fileSpill` writes. */
export type SpillFolder = Readonly<{
  /** Names of the whole files, oldest first. */
  files(): Promise<readonly string[]>
  /** Undefined for a file that is not what was written. */
  read(name: string): Promise<readonly SpillMessage[] | undefined>
  remove(name: string): Promise<void>
  /** Puts a file that can't be read into another folder. */
  putAside(name: string, folder: string): Promise<void>
  /** Writes a message to another folder, durably. */
  bury(message: SpillMessage, folder: string): Promise<void>
  /** Removes what a writer left behind that died before anyone was told that it is kept. */
  sweep(nowMs: number): Promise<void>
}>

/** No write takes that long; a younger draft may still become a file, ms. */
const DRAFT_AGE_MS = 60_000

export function spillFolder(path: string): SpillFolder {
  const file = (name: string) => join(path, name)

  /** What ends so; nothing where nothing was ever spilled. */
  async function named(ending: string): Promise<readonly string[]> {
    try {
      return (await readdir(path)).filter((name) => name.endsWith(ending)).sort()
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return []
      throw error
    }
  }

  return {
    files: () => named(SPILL_ENDING),
    read: async (name) => fromSpillFile(await readFile(file(name))),
    remove: (name) => rm(file(name)),
    async putAside(name, folder) {
      await mkdir(folder, { recursive: true })
      await rename(file(name), join(folder, name))
    },
    bury: (message, folder) =>
      writeDurably(folder, message.digest + SPILL_ENDING, toSpillFile([message])),
    async sweep(nowMs) {
      for (const name of await named(DRAFT_ENDING)) {
        const { mtimeMs } = await stat(file(name))
        if (nowMs - mtimeMs > DRAFT_AGE_MS) await rm(file(name), { force: true })
      }
    },
  }
}
