import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Only the bridge's own user. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** The ending of a file that is still being written. */
export const DRAFT_ENDING = '.draft'

/**
 * Writes a file that appears under its name, whole, once its bytes are on the disk; makes the folder
 * where there is none. Resolves when neither a crash of the process nor one of the machine can undo it.
 */
export async function writeDurably(folder: string, name: string, content: Buffer): Promise<void> {
  const draft = join(folder, name + DRAFT_ENDING)
  try {
    const made = await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
    // A name is durable with the folder that it stands in.
    if (made !== undefined) await syncFolder(dirname(made))
    await writeSynced(draft, content)
    await rename(draft, join(folder, name))
    await syncFolder(folder)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
}

async function writeSynced(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'wx', FILE_MODE)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
