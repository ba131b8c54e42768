import { randomUUID } from 'node:crypto'
import { backoffMs } from '#shared/domain/backoff.ts'
import type { FunctionPlan } from '../template/functions.ts'
import { Environment } from './environment.ts'
import type { Outcome, Waiter } from './outcome.ts'
import type { PackedRecords } from './pack-records.ts'
import type { Command, HttpCall, WorkerSettings } from './wire.ts'

/** What is said about functions, for the log. */
export type FunctionLog = Readonly<{
  /** Lines that a function wrote. */
  output(functionName: string, text: string): void
  event(level: 'warn' | 'error', code: string, fields: Readonly<Record<string, unknown>>): void
}>

/** A running HTTP invocation, as its caller holds it. */
export type Call = Readonly<{ requestId: string; abort(): void; drained(bytes: number): void }>

/** An environment that lived so long did not die of its own loading, ms. */
const HEALTHY_AFTER_MS = 10_000

/** A function: an environment that is kept warm, and replaced when it fails. */
export class FunctionHost {
  readonly plan: FunctionPlan
  readonly #settings: WorkerSettings
  readonly #log: FunctionLog
  readonly #variables: Readonly<Record<string, string>>
  #current: Environment | undefined
  readonly #all = new Set<Environment>()
  #running = 0
  #nextId = 0
  #failures = 0
  #restartAt = 0
  #closed = false
  readonly #queue: (() => void)[] = []

  constructor(
    plan: FunctionPlan,
    settings: WorkerSettings,
    variables: Readonly<Record<string, string>>,
    log: FunctionLog,
  ) {
    this.plan = plan
    this.#settings = settings
    this.#variables = variables
    this.#log = log
  }

  /** Resolves when an environment is loaded. @throws `Error` saying why it is not. */
  async warm(): Promise<void> {
    if (this.#current) return
    await new Promise<void>((done, fail) => this.#open(done, (reason) => fail(new Error(reason))))
  }

  /** Invokes for an HTTP request. The waiter hears how it went, always and once. */
  call(request: HttpCall, timeoutMs: number, waiter: Waiter): Call {
    const requestId = randomUUID()
    const environment = this.#admit(waiter)
    if (!environment) return { requestId, abort: () => undefined, drained: () => undefined }
    const id = ++this.#nextId
    const deadline = Date.now() + Math.min(timeoutMs, this.plan.timeoutMs)
    environment.start(id, deadline, waiter, ['http', id, deadline, requestId, request])
    return {
      requestId,
      abort: () => environment.send(['abort', id]),
      drained: (bytes) => environment.send(['drained', id, bytes]),
    }
  }

  /** Invokes for records, waiting for a free place first. Their bytes are given away. */
  async consumePacked(packed: PackedRecords): Promise<Outcome> {
    return this.#invoke(
      (id, deadline) => ['records', id, deadline, randomUUID(), packed],
      packed.values.buffer,
    )
  }

  /** Invokes for an event, waiting for a free place first. */
  async notify(event: unknown): Promise<Outcome> {
    return this.#invoke((id, deadline) => ['event', id, deadline, randomUUID(), event])
  }

  /** Ends invocations whose time is over, and replaces the environment they hung in. */
  expire(nowMs: number): void {
    for (const environment of this.#all) {
      if (!environment.expire(nowMs)) continue
      this.#log.event('error', 'function.timed-out', {
        function: this.plan.name,
        timeoutMs: this.plan.timeoutMs,
      })
      if (environment === this.#current) this.#current = undefined
      environment.retire()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#all].map((environment) => environment.terminate()))
  }

  async #invoke(
    make: (id: number, deadline: number) => Command,
    transfer?: ArrayBuffer,
  ): Promise<Outcome> {
    while (this.#running >= this.plan.maxConcurrency && !this.#closed) {
      await new Promise<void>((free) => this.#queue.push(free))
    }
    return new Promise((settle) => {
      const environment = this.#admit({ settle })
      if (!environment) return
      const id = ++this.#nextId
      const deadline = Date.now() + this.plan.timeoutMs
      environment.start(id, deadline, { settle }, make(id, deadline), transfer)
    })
  }

  /** The environment to use, or undefined after telling the waiter why there is none. */
  #admit(waiter: Waiter): Environment | undefined {
    if (this.#running >= this.plan.maxConcurrency) {
      waiter.settle({ type: 'throttled' })
      return undefined
    }
    const environment = this.#current ?? (this.#mayOpen() ? this.#open() : undefined)
    if (environment) this.#running += 1
    else waiter.settle({ type: 'crash', message: 'the function does not start', loaded: false })
    return environment
  }

  #mayOpen(): boolean {
    return !this.#closed && Date.now() >= this.#restartAt
  }

  #open(onReady?: () => void, onFailure?: (reason: string) => void): Environment {
    const openedAt = Date.now()
    const environment = new Environment(this.plan, this.#settings, this.#variables, {
      finished: () => {
        this.#running -= 1
        this.#queue.shift()?.()
      },
      ready: () => onReady?.(),
      gone: (reason) => {
        this.#all.delete(environment)
        if (this.#current === environment) this.#current = undefined
        if (reason === undefined || this.#closed) return
        onFailure?.(reason)
        this.#replace(reason, Date.now() - openedAt)
      },
      threw: (errorType, message, stack) =>
        this.#log.event('error', 'function.threw', {
          function: this.plan.name,
          kind: errorType,
          error: message,
          stack,
        }),
      output: (text) => this.#log.output(this.plan.name, text),
    })
    this.#current = environment
    this.#all.add(environment)
    return environment
  }

  /** A function that dies as soon as it starts is started less and less often. */
  #replace(reason: string, livedMs: number): void {
    this.#log.event('error', 'function.crashed', { function: this.plan.name, error: reason })
    this.#failures = livedMs > HEALTHY_AFTER_MS ? 0 : this.#failures + 1
    const waitMs = this.#failures === 0 ? 0 : backoffMs(this.#failures, Math.random())
    this.#restartAt = Date.now() + waitMs
    setTimeout(() => {
      if (!this.#current && !this.#closed) this.#open()
    }, waitMs).unref()
  }
}
