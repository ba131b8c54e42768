import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs'

/** Where log lines go: a file that is rotated, and the terminal for what a person must see. */
export type LogSink = Readonly<{
  /** Text that a function wrote, whole lines or parts of them. */
  write(functionName: string, text: string): void
  /** A line of our own. */
  event(level: 'warn' | 'error', code: string, fields: Readonly<Record<string, unknown>>): void
  /** A finished JSON line. */
  line(text: string): void
  flush(): void
}>

type Options = Readonly<{ file: string; say: (line: string) => void; maxBytes?: number }>

const MAX_BYTES = 10 * 1_024 * 1_024
const KEPT_FILES = 3
const FLUSH_MS = 200

/** Opens the log. Lines are written several at a time, so that logging costs requests nothing. */
export function logSink({ file, say, maxBytes = MAX_BYTES }: Options): LogSink {
  const unfinished = new Map<string, string>()
  let waiting: string[] = []
  let timer: NodeJS.Timeout | undefined
  let bytes = existsSync(file) ? statSync(file).size : 0

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (waiting.length === 0) return
    const text = `${waiting.join('\n')}\n`
    waiting = []
    if (bytes > maxBytes) {
      rotate(file)
      bytes = 0
    }
    try {
      appendFileSync(file, text)
      bytes += Buffer.byteLength(text)
    } catch (error) {
      // A full disk takes no log either; requests are answered all the same.
      say(`The log can't be written: ${(error as Error).message}`)
    }
  }

  function line(text: string): void {
    waiting.push(text)
    timer ??= setTimeout(flush, FLUSH_MS).unref()
    const forPeople = readable(text)
    if (forPeople) say(forPeople)
  }

  return {
    write(functionName, text) {
      const lines = ((unfinished.get(functionName) ?? '') + text).split('\n')
      unfinished.set(functionName, lines.pop() ?? '')
      for (const each of lines) if (each !== '') line(named(functionName, each))
    },
    event(level, code, fields) {
      line(JSON.stringify({ timestamp: new Date().toISOString(), level, code, ...fields }))
    },
    line,
    flush,
  }
}

/** A function's line with its name; what is no JSON is wrapped. */
function named(functionName: string, text: string): string {
  if (!text.startsWith('{')) return JSON.stringify({ function: functionName, message: text })
  if (text.includes('"function":')) return text
  return `{"function":${JSON.stringify(functionName)},${text.slice(1)}`
}

/** One line for the terminal, of warnings and errors alone. */
function readable(text: string): string | undefined {
  if (!/"level":"(warn|error)"/i.test(text)) return undefined
  try {
    const { timestamp, level, code, function: name, error, kind, stack, ...rest } = JSON.parse(text)
    const details = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    const what = [name, code, error && `${kind ? `${kind}: ` : ''}${error}`].filter(Boolean)
    return [String(timestamp).slice(11, 19), level, what.join(': '), ...details].join(' ')
  } catch {
    return text
  }
}

function rotate(file: string): void {
  for (let number = KEPT_FILES - 1; number >= 1; number -= 1) {
    const older = `${file}.${number}`
    if (existsSync(older)) renameSync(older, `${file}.${number + 1}`)
  }
  if (existsSync(file)) renameSync(file, `${file}.1`)
}
