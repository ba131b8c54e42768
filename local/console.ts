import { join } from 'node:path'
import { type DataFolder, openDataFolder } from './place/data-folder.ts'
import { takeLock } from './place/lock.ts'
import { logSink } from './place/log-sink.ts'
import type { Settings } from './settings.ts'
import { startSystem } from './system.ts'
import { type Teardown, teardown } from './teardown.ts'

/** A stop that takes longer than this is cut, ms. */
const STOP_LIMIT_MS = 4_500

/**
 * Runs the system until a signal, telling the person at the terminal what happens.
 *
 * @throws `Error` when it can't be started.
 */
export async function run(settings: Settings): Promise<void> {
  const started = performance.now()
  const folder = openDataFolder(settings.dataDir)
  const taken = takeLock(join(folder.path, 'lock'))
  if (taken.type === 'held') {
    const { pid, address } = taken.holder
    const where = address ? ` and answers at ${address}` : ' and is starting'
    throw new Error(`${folder.path} is in use: process ${pid} holds it${where}.`)
  }
  const { lock } = taken
  folder.announce(undefined)
  const log = logSink({ file: folder.logFile, say: (line) => console.error(line) })
  captureOwnLogLines(log.line)
  const running = teardown()
  const leave = (code: number) => {
    log.flush()
    folder.announce(undefined)
    lock.release()
    process.exit(code)
  }
  const asked = new AbortController()
  const say = (line: string) => console.log(line)
  // Not before a signal is heard: much of a start happens in one go.
  const starting = Promise.resolve().then(() =>
    startSystem({ settings, folder, log, say, running, signal: asked.signal }),
  )

  onSignal(async (signal, isFirst) => {
    if (!isFirst) return stopAtOnce('Stopped at once.', running, leave)
    say(`\n${signal}: finishing what is under way ...`)
    setTimeout(() => stopAtOnce(TOO_LONG, running, leave), STOP_LIMIT_MS).unref()
    asked.abort()
    // What is being started has to be there before it can be stopped.
    await starting.catch(() => undefined)
    await stopAll(running, leave)
    say('Stopped.')
    leave(0)
  })
  try {
    const address = await starting
    if (asked.signal.aborted) return
    lock.setAddress(address)
    folder.announce(address)
    say(greeting(address, folder, performance.now() - started))
  } catch (error) {
    if (asked.signal.aborted) return
    console.error((error as Error).message)
    await stopAll(running, leave)
    leave(1)
  }
}

async function stopAll(running: Teardown, leave: (code: number) => void): Promise<void> {
  try {
    await running.stop()
  } catch (error) {
    console.error(`Not everything could be stopped: ${(error as Error).message}`)
    leave(1)
  }
}

const TOO_LONG = 'It takes too long: stopped at once.'

function onSignal(stop: (signal: string, isFirst: boolean) => Promise<void>): void {
  let isFirst = true
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      void stop(signal, isFirst)
      isFirst = false
    })
  }
}

function stopAtOnce(why: string, running: Teardown, leave: (code: number) => void): void {
  console.error(why)
  running.force()
  leave(1)
}

/** Adapters that run in this process log as they do in a function: to standard output, as JSON. */
function captureOwnLogLines(line: (text: string) => void): void {
  const write = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean
  process.stdout.write = (...args: unknown[]) => {
    const [text] = args
    if (typeof text !== 'string' || !text.startsWith('{"timestamp"')) return write(...args)
    line(text.trimEnd())
    return true
  }
}

function greeting(address: string, folder: DataFolder, ms: number): string {
  const key = folder.adminKey()
  const event = '{"source":"me","type":"hooks.execution.started","data":{"operation":"hello"}}'
  const call = [
    `curl -s ${address}/hooks`,
    `-H 'authorization: Bearer ${key ?? '<key>'}'`,
    "-H 'content-type: application/json'",
    `-d '${event}'`,
  ]
  return [
    '',
    `OmniNode Bridge answers at ${address} (ready in ${(ms / 1_000).toFixed(1)} s)`,
    '',
    `  ${call.join(' \\\n    ')}`,
    '',
    key
      ? `The key is kept in ${folder.adminKeyFile}, the log in ${folder.logFile}.`
      : `There are keys, but none in ${folder.adminKeyFile}: use one that was kept elsewhere.`,
    'Ctrl-c stops it.',
  ].join('\n')
}
