import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** What /proc says of a process (proc(5)). */
type Status = Readonly<{ state: string; parent: number; startTime: string | undefined }>

/** Sends a signal to a process that may have ended by itself meanwhile. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Whether a process is there, ours or not. A zombie is. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Undefined when the process is gone, or there is no /proc. */
export function statusOf(pid: number): Status | undefined {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The name before may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', parent: Number(fields[1]), startTime: fields[19] }
}

/** The children of a process; none where there is no /proc. */
export function childrenOf(parent: number): readonly number[] {
  if (!existsSync('/proc/self/stat')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statusOf(pid)?.parent === parent)
}

/** Whether a process lives whose command line holds a text; a zombie has no command line. */
export function runs(pid: number, text: string): boolean {
  if (!exists(pid)) return false
  const commandLine = read(`/proc/${pid}/cmdline`)
  // Without /proc there is nothing more to ask.
  return commandLine === undefined ? !existsSync('/proc/self/cmdline') : commandLine.includes(text)
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
