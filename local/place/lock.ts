import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { exists, statusOf } from './processes.ts'

/** Who holds a DATA_DIR. */
export type Holder = Readonly<{
  pid: number
  /** When the process started, in clock ticks since boot: tells it from a later one with its id. */
  startTime: string | undefined
  address?: string
}>

export type Lock = Readonly<{
  /** Tells whoever comes next where the system answers. */
  setAddress(address: string): void
  release(): void
}>

type Taken = Readonly<{ type: 'taken'; lock: Lock }>
type Held = Readonly<{ type: 'held'; holder: Holder }>

/** Tries in the race with others that take over the same stale lock. */
const TRIES = 5

/**
 * Takes a lock file. One whose holder is gone is taken over: after a kill -9, or when its process id
 * belongs to another process by now.
 */
export function takeLock(file: string, isAlive: (holder: Holder) => boolean = lives): Taken | Held {
  const own: Holder = { pid: process.pid, startTime: startTimeOf(process.pid) }
  for (let attempt = 0; ; attempt += 1) {
    if (create(file, own)) return { type: 'taken', lock: lockOf(file, own) }
    const holder = read(file)
    if (holder && isAlive(holder)) return { type: 'held', holder }
    if (attempt >= TRIES) throw new Error(`${file} can't be taken: it changes all the time`)
    removeStale(file, holder)
  }
}

function lockOf(file: string, own: Holder): Lock {
  return {
    setAddress(address) {
      const temporary = `${file}.${process.pid}`
      writeNew(temporary, { ...own, address })
      renameSync(temporary, file)
    },
    release: () => rmSync(file, { force: true }),
  }
}

function create(file: string, holder: Holder): boolean {
  try {
    writeNew(file, holder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function writeNew(file: string, holder: Holder): void {
  const handle = openSync(file, 'wx', 0o600)
  writeSync(handle, `${JSON.stringify(holder)}\n`)
  closeSync(handle)
}

/** A lock that can't be read was cut short by a crash: it is nobody's. */
function read(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** Moves the lock away first: where another has replaced it meanwhile, it is put back. */
function removeStale(file: string, stale: Holder | undefined): void {
  const aside = `${file}.stale-${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    // Another was faster; the next try sees whose it is.
    return
  }
  const moved = read(aside)
  const isSame = moved?.pid === stale?.pid && moved?.startTime === stale?.startTime
  if (isSame) rmSync(aside, { force: true })
  else renameSync(aside, file)
}

function lives({ pid, startTime }: Holder): boolean {
  if (!exists(pid)) return false
  return startTime === undefined || startTimeOf(pid) === startTime
}

/** Undefined where there is no /proc, and for a zombie. */
function startTimeOf(pid: number): string | undefined {
  const status = statusOf(pid)
  return status?.state === 'Z' ? undefined : status?.startTime
}
