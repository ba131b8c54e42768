import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { yieldToOthers } from '#shared/adapters/thread-priority.ts'
import { awslambda } from './response-stream.ts'
import { type Handler, runtime } from './runtime.ts'
import type { Command, Report, WorkerSettings } from './wire.ts'

/**
 * A Lambda execution environment: loads the function's bundle once and answers invocations until it
 * is ended. Unlike a plain Lambda environment it takes several invocations at once, as Lambda's
 * multi-concurrency environments do: what arrives together can then be committed together, which is
 * what makes one PostgreSQL keep up with many hooks.
 */
enableCompileCache(process.env.BRIDGE_COMPILE_CACHE)
const settings = workerData as WorkerSettings
if (settings.background) yieldToOthers()
const port = parentPort
if (!port) throw new Error('this runs as a worker thread')

let outbox: Report[] = []
let transfers: ArrayBuffer[] = []

/** What is reported within one turn of the event loop goes in one message. */
function report(message: Report, transfer?: ArrayBuffer): void {
  if (outbox.length === 0) setImmediate(flush)
  outbox.push(message)
  if (transfer) transfers.push(transfer)
}

function flush(): void {
  const [reports, transferred] = [outbox, transfers]
  outbox = []
  transfers = []
  port?.postMessage(reports, transferred)
}

async function load(): Promise<Handler> {
  const [file = '', name = ''] = settings.handler.split('.')
  const endings = ['.mjs', '.js', '.cjs']
  const bundle = endings.map((ending) => join(settings.folder, file + ending)).find(existsSync)
  if (!bundle) throw new Error(`there is no ${settings.handler} in ${settings.folder}`)
  const loaded = (await import(pathToFileURL(bundle).href)) as Record<string, unknown>
  const handler = loaded[name]
  if (typeof handler !== 'function') throw new Error(`${bundle} exports no function ${name}`)
  return handler as Handler
}

Object.assign(globalThis, { awslambda })
try {
  const handle = runtime(await load(), settings, report)
  port.on('message', (commands: readonly Command[]) => {
    for (const command of commands) handle(command)
  })
  report(['ready'])
} catch (error) {
  const { name, message } = error as Error
  report(['broken', name, message])
}
