import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Recorded data that is kept beside the project, not in it. */
const dataFolder = join(import.meta.dirname, '../../../shared/data')

/** Whether the data is there; tests that need it say so and are skipped where it is not. */
export const hasData = existsSync(dataFolder)

/** Put into the title of a suite that needs the data. */
export const dataNote = hasData ? '' : ' (skipped: ../shared/data is not here)'

/** The text of a file of the data folder. */
export const readData = (path: string): string => readFileSync(join(dataFolder, path), 'utf8')

/** A JSON file of the data folder. */
export const readJson = <T>(path: string): T => JSON.parse(readData(path)) as T

/** Names of a folder's files that end so, sorted. */
export function listData(folder: string, end: string): readonly string[] {
  return readdirSync(join(dataFolder, folder))
    .filter((name) => name.endsWith(end))
    .sort()
}

/** One line of a recorded hook stream. */
export type RecordedHook = Readonly<{
  session_id: string
  hook_event_name: string
  tool_name?: string
  tool_use_id?: string
}>

/** Recorded streams by file name; each line is kept as text, so that it is sent as it was. */
export function recordedStreams(): readonly Readonly<{ file: string; lines: readonly string[] }>[] {
  return listData('hooks/recorded', '.jsonl').map((file) => ({
    file,
    lines: readData(`hooks/recorded/${file}`)
      .split('\n')
      .filter((line) => line.trim() !== ''),
  }))
}
