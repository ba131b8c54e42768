import { existsSync, readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { basename } from 'node:path'

const THREAD = '/proc/thread-self'
/** Nice enough to leave others nearly all of a busy processor, and to go on nonetheless. */
const NICENESS = 10

/**
 * Lowers the priority of the thread that calls it: who waits for an answer goes before what is learned
 * from it. On Linux a thread has a priority of its own; elsewhere nothing changes.
 */
export function yieldToOthers(niceness = NICENESS): void {
  if (!existsSync(THREAD)) return
  // `<process>/task/<thread>`, of the thread that looks (proc(5)).
  setPriority(Number(basename(readlinkSync(THREAD))), niceness)
}
