import { readdirSync, readFileSync } from 'node:fs'

/** What a set of processes used and holds. */
export type Usage = Readonly<{
  processes: number
  /** User and system time of all threads since they started, of children that ended too; ms. */
  cpuMs: number
  /** Proportional set size: shared pages count once over all of them; bytes. */
  pssBytes: number
}>

/** Linux counts CPU time for user space in hundredths of a second (`USER_HZ`, proc(5)). */
const TICK_MS = 10

/**
 * Processes and all their descendants that live now, parents first. 0 and 1 stand for no process of
 * ours and are left out: their descendants would be everything that runs. Linux alone.
 */
export function processTree(...roots: readonly number[]): readonly number[] {
  const children = childrenOf()
  const found = new Set<number>()
  const add = (pid: number) => {
    if (found.has(pid)) return
    found.add(pid)
    children.get(pid)?.forEach(add)
  }
  roots.filter((pid) => pid > 1).forEach(add)
  return [...found].filter((pid) => stat(pid) !== undefined)
}

/** CPU time and memory of processes; those that are gone count nothing. */
export function usageOf(processes: readonly number[]): Usage {
  const ticks = processes.map((pid) => {
    const fields = stat(pid)
    // utime, stime, and the same of children that ended and were waited for: proc(5), 14 to 17.
    return fields ? fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) : 0
  })
  return {
    processes: processes.length,
    cpuMs: ticks.reduce((sum, tick) => sum + tick, 0) * TICK_MS,
    pssBytes: processes.reduce((sum, pid) => sum + pssOf(pid), 0),
  }
}

function pssOf(pid: number): number {
  const match = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')
  return match ? Number(match[1]) * 1_024 : 0
}

function childrenOf(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>()
  for (const pid of pids()) {
    const parent = Number(stat(pid)?.[1])
    if (Number.isNaN(parent)) continue
    const siblings = children.get(parent)
    if (siblings) siblings.push(pid)
    else children.set(parent, [pid])
  }
  return children
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** The fields of /proc/<pid>/stat from the state on: the name before may hold spaces and brackets. */
function stat(pid: number): readonly string[] | undefined {
  const text = read(`/proc/${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** A file of /proc, or undefined when its process ended meanwhile. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
