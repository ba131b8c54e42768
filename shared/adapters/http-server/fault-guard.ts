import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import { errorFields, log } from '#shared/log.ts'
import { answerProblem } from './problem-answer.ts'

/** Keeps faults of one function from ending the process that others share with it. */
export type FaultGuard = Readonly<{
  /** Runs a part of the function; a fault in it, be it much later, is a 500 of that response. */
  run<T>(response: ServerResponse | undefined, work: () => T): T
  /** Tells the log of a fault, and the caller of that response that there was one. */
  faulted(error: unknown, response: ServerResponse | undefined): void
  close(): void
}>

/**
 * Guards a function whose code lies in `folder`. Faults are known for its own by the request they
 * happened in, else by their stack; those of anyone else end the process as they always would.
 */
export function faultGuard(name: string, folder: string): FaultGuard {
  const running = new AsyncLocalStorage<{ response: ServerResponse | undefined }>()

  function faulted(error: unknown, response: ServerResponse | undefined): void {
    const stack = stackOf(error)
    log('error', 'function.threw', { function: name, ...errorFields(error), stack })
    if (response && !response.destroyed && !response.writableEnded) {
      answerProblem(response, 500, 'The bridge failed; its log says how.')
    }
  }

  function take(error: unknown): boolean {
    const context = running.getStore()
    const isOwn = context !== undefined || stackOf(error).includes(folder)
    if (isOwn) faulted(error, context?.response)
    return isOwn
  }

  if (takers.size === 0) process.on('uncaughtException', uncaught)
  takers.add(take)
  return {
    run: (response, work) => running.run({ response }, work),
    faulted,
    close() {
      takers.delete(take)
      if (takers.size === 0) process.off('uncaughtException', uncaught)
    },
  }
}

const takers = new Set<(error: unknown) => boolean>()

function uncaught(error: unknown): void {
  for (const take of takers) if (take(error)) return
  throw error
}

const stackOf = (error: unknown) => (error instanceof Error ? (error.stack ?? '') : '')
