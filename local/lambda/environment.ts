import { Worker } from 'node:worker_threads'
import type { FunctionPlan } from '../template/functions.ts'
import type { Outcome, Waiter } from './outcome.ts'
import type { Command, Report, WorkerSettings } from './wire.ts'

type Pending = Readonly<{ waiter: Waiter; deadline: number }>

/** What the owner of an environment wants to hear. */
export type EnvironmentEvents = Readonly<{
  /** An invocation is over, and with it one of the places it held. */
  finished(): void
  ready(): void
  /** It is over; `reason` is undefined when it was told to end. */
  gone(reason: string | undefined): void
  /** A handler threw; the stack is for the log alone. */
  threw(errorType: string, message: string, stack: string): void
  output(text: string): void
}>

/** A blocked environment does not answer this fast, ms. */
const PONG_TIMEOUT_MS = 500
/**
 * New space per environment, MB. V8's default lets three half-spaces of 16 MB stand in each; this is
 * enough that what a batch allocates dies young.
 */
const YOUNG_GENERATION_MB = 48
const WORKER = new URL('./worker.ts', import.meta.url)

/** One worker thread that runs one function. */
export class Environment {
  readonly #worker: Worker
  readonly #events: EnvironmentEvents
  readonly #pending = new Map<number, Pending>()
  #outbox: Command[] = []
  #transfers: ArrayBuffer[] = []
  #retired = false
  #ended = false
  #loaded = false
  #pong: NodeJS.Timeout | undefined

  constructor(
    plan: FunctionPlan,
    settings: WorkerSettings,
    environment: Readonly<Record<string, string>>,
    events: EnvironmentEvents,
  ) {
    this.#events = events
    this.#worker = new Worker(WORKER, {
      name: plan.name,
      workerData: settings,
      env: environment,
      stdout: true,
      stderr: true,
      execArgv: ['--disable-warning=TimeoutNegativeWarning'],
      resourceLimits: {
        maxOldGenerationSizeMb: plan.memoryMb,
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
      },
    })
    let reason = 'its worker ended'
    this.#worker.on('message', (reports: readonly Report[]) => {
      for (const report of reports) {
        if (report[0] === 'broken') reason = `it could not be loaded: ${report[1]}: ${report[2]}`
        this.#receive(report)
      }
    })
    this.#worker.on('error', (error: Error) => {
      reason = `${error.name}: ${error.message}`
      events.threw(error.name, error.message, error.stack ?? '')
    })
    this.#worker.on('exit', () => this.#end(reason))
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => events.output(text))
    }
  }

  get idle(): boolean {
    return this.#pending.size === 0
  }

  /** Sends an invocation; its waiter hears of it. */
  start(id: number, deadline: number, waiter: Waiter, command: Command, transfer?: ArrayBuffer) {
    this.#pending.set(id, { waiter, deadline })
    this.send(command, transfer)
  }

  /** Commands of one turn of the event loop go in one message. */
  send(command: Command, transfer?: ArrayBuffer): void {
    if (this.#outbox.length === 0) setImmediate(() => this.#flush())
    this.#outbox.push(command)
    if (transfer) this.#transfers.push(transfer)
  }

  #flush(): void {
    const [commands, transfers] = [this.#outbox, this.#transfers]
    this.#outbox = []
    this.#transfers = []
    this.#worker.postMessage(commands, transfers)
  }

  /** Ends the invocations whose time is over. Answers whether there were any. */
  expire(nowMs: number): boolean {
    let expired = false
    for (const [id, { deadline }] of this.#pending) {
      if (deadline > nowMs) continue
      expired = true
      this.send(['abort', id])
      this.#settle(id, { type: 'timeout' })
    }
    return expired
  }

  /**
   * Takes no further invocation and ends when those it has are over; at once where it is blocked.
   * Lambda ends an environment after a time-out too: what hung may hold anything.
   */
  retire(): void {
    this.#retired = true
    if (this.idle) {
      void this.terminate()
      return
    }
    this.send(['ping'])
    this.#pong ??= setTimeout(() => void this.terminate(), PONG_TIMEOUT_MS)
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
    this.#end(undefined)
  }

  /** What an environment still reports of an invocation that is over goes nowhere. */
  #receive(report: Report): void {
    switch (report[0]) {
      case 'answer': {
        const [, id, status, headers, body] = report
        this.#settle(id, { type: 'answer', status, headers, body })
        break
      }
      case 'result':
        this.#settle(report[1], { type: 'result', value: report[2] })
        break
      case 'error': {
        const [, id, errorType, message, stack] = report
        if (this.#pending.has(id)) this.#events.threw(errorType, message, stack)
        this.#settle(id, { type: 'error', errorType, message })
        break
      }
      case 'head':
        this.#pending.get(report[1])?.waiter.head?.(report[2], report[3])
        break
      case 'chunk':
        this.#pending.get(report[1])?.waiter.chunk?.(report[2])
        break
      case 'end':
        this.#settle(report[1], { type: 'end' })
        break
      case 'ready':
        this.#loaded = true
        this.#events.ready()
        break
      case 'broken':
        void this.#worker.terminate()
        break
      case 'pong':
        clearTimeout(this.#pong)
        this.#pong = undefined
        break
    }
  }

  #settle(id: number, outcome: Outcome): void {
    const pending = this.#pending.get(id)
    if (!pending) return
    this.#pending.delete(id)
    pending.waiter.settle(outcome)
    this.#events.finished()
    if (this.#retired && this.idle) void this.terminate()
  }

  #end(reason: string | undefined): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#pong)
    for (const id of [...this.#pending.keys()]) {
      this.#settle(id, {
        type: 'crash',
        message: reason ?? 'its environment was ended',
        loaded: this.#loaded,
      })
    }
    this.#events.gone(this.#retired ? undefined : reason)
  }
}
