import { spillFolder } from '#shared/adapters/file/spill-reader.ts'
import type { SpillMessage } from '#shared/domain/spill/message.ts'
import type { FunctionLog } from '../lambda/function-host.ts'

/** A message of a queue that is a folder. */
export type QueuedMessage = {
  readonly id: string
  readonly message: SpillMessage
  /** When its file was written, ms since the epoch. */
  readonly sentMs: number
  /** How often it was brought in vain while others went through. */
  tries: number
  /** How many messages had gone through when it was tried last. */
  wentThrough: number
}

/** A queue that is a folder; one reader has it. */
export type QueueFolder = Readonly<{
  /** Every message that lies there when it is asked for, oldest first. */
  messages(): AsyncGenerator<QueuedMessage>
  /** Takes messages out for good. */
  remove(messages: readonly QueuedMessage[]): Promise<void>
  /** Puts a message into the folder of dead letters, and out of this one. */
  bury(message: QueuedMessage, folder: string): Promise<void>
}>

const SWEEP_EVERY_MS = 60_000

/** What is left of a file's messages, by their ids. */
type OpenFile = Map<string, QueuedMessage>

export function queueFolder(
  path: string,
  deadLetters: string,
  log: FunctionLog['event'],
): QueueFolder {
  const folder = spillFolder(path)
  const opened = new Map<string, OpenFile>()
  let sweptAt = Number.NEGATIVE_INFINITY

  async function open(name: string): Promise<OpenFile | undefined> {
    const known = opened.get(name)
    if (known) return known
    const messages = await folder.read(name)
    if (!messages) {
      log('error', 'queue.file-broken', { file: name, movedTo: deadLetters })
      await folder.putAside(name, deadLetters)
      return undefined
    }
    const sentMs = Math.round(Number.parseInt(name, 10) / 1_000)
    const file = new Map(
      messages.map((message, nr): [string, QueuedMessage] => {
        const id = `${name}#${nr}`
        return [id, { id, message, sentMs, tries: 0, wentThrough: -1 }]
      }),
    )
    opened.set(name, file)
    return file
  }

  async function remove(messages: readonly QueuedMessage[]): Promise<void> {
    for (const { id } of messages) {
      const name = id.slice(0, id.lastIndexOf('#'))
      const file = opened.get(name)
      file?.delete(id)
      if (file?.size !== 0) continue
      await folder.remove(name)
      opened.delete(name)
    }
  }

  return {
    async *messages() {
      if (Date.now() - sweptAt > SWEEP_EVERY_MS) {
        sweptAt = Date.now()
        await folder.sweep(sweptAt)
      }
      for (const name of await folder.files()) {
        const file = await open(name)
        if (file) yield* [...file.values()]
      }
    },
    remove,
    async bury(message, into) {
      await folder.bury(message.message, into)
      await remove([message])
    },
  }
}
