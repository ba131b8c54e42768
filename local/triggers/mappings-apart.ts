import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { backoffMs } from '#shared/domain/backoff.ts'
import { errorFields } from '#shared/log.ts'
import type { FunctionHost, FunctionLog } from '../lambda/function-host.ts'
import type { MappingCommand, MappingReport, MappingSettings } from './mapping-wire.ts'

export type MappingsApart = Readonly<{
  /** Begins no batch and waits for those under way. */
  stop(): Promise<void>
  /** Lets go of the event log. */
  close(): Promise<void>
}>

type Parts = Readonly<{
  hosts: Readonly<{ of(functionName: string): Pick<FunctionHost, 'consumePacked'> }>
  log: FunctionLog
  /** Starts the thread. */
  start?: (settings: MappingSettings) => Worker
}>

const WORKER = new URL('./mapping-worker.ts', import.meta.url)
/** Whose lines those of the thread are, in the log. */
const NAME = 'event-source-mappings'

/**
 * Runs event source mappings on a thread of their own; the functions are invoked from here. A thread
 * that dies is replaced: what it had not committed comes again.
 *
 * @throws `Error` when it does not start, the event log's own failure
 */
export async function mappingsApart(
  settings: MappingSettings,
  { hosts, log, start = startThread }: Parts,
): Promise<MappingsApart> {
  let failures = 0
  let ended = false
  let current = await open()

  async function open(): Promise<Worker> {
    const worker = start(settings)
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => log.output(NAME, text))
    }
    worker.on('message', (report: MappingReport) => heard(worker, report))
    await ready(worker)
    worker.on('error', (error) => log.event('error', 'mappings.crashed', errorFields(error)))
    worker.on('exit', () => {
      if (worker === current && !ended) void replace()
    })
    return worker
  }

  async function replace(): Promise<void> {
    for (;;) {
      failures += 1
      await pause(backoffMs(failures, Math.random()), undefined, { ref: false })
      if (ended) return
      try {
        current = await open()
        failures = 0
        return
      } catch (error) {
        log.event('error', 'mappings.not-started', errorFields(error))
      }
    }
  }

  function heard(worker: Worker, report: MappingReport): void {
    if (report[0] === 'log') log.event(report[1], report[2], report[3])
    if (report[0] !== 'invoke') return
    const [, id, functionName, packed] = report
    void hosts
      .of(functionName)
      .consumePacked(packed)
      .then((outcome) => worker.postMessage(['outcome', id, outcome] satisfies MappingCommand))
  }

  async function tell(command: 'stop' | 'close', answer: MappingReport[0]): Promise<void> {
    const answered = new Promise<void>((done) => {
      current.once('exit', () => done())
      current.on('message', ([kind]: MappingReport) => {
        if (kind === answer) done()
      })
    })
    current.postMessage([command])
    await answered
  }

  return {
    stop() {
      ended = true
      return tell('stop', 'stopped')
    },
    async close() {
      ended = true
      await tell('close', 'closed')
      await current.terminate()
    },
  }
}

function startThread(settings: MappingSettings): Worker {
  return new Worker(WORKER, {
    ...{ name: NAME, workerData: settings, stdout: true, stderr: true },
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
  })
}

/** Resolves when the thread reads. @throws what it died of before. */
function ready(worker: Worker): Promise<void> {
  return new Promise((done, fail) => {
    worker.once('error', fail)
    worker.once('exit', () => fail(new Error('the thread of the mappings ended')))
    worker.on('message', ([kind]: MappingReport) => {
      if (kind !== 'ready') return
      worker.off('error', fail)
      done()
    })
  })
}
