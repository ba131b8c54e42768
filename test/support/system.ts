import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { processTree } from './process-tree.ts'

/** A bridge as `npm start` runs it, in processes of its own. */
export type System = Readonly<{
  address: string
  /** A key with every role. */
  key: string
  dataDir: string
  pid: number
  /** The postmaster's process id now; NaN, which no signal reaches, when another database is used. */
  readonly postgresPid: number
  /** Sends the key along. */
  request(method: string, path: string, init?: RequestInit): Promise<Response>
  /** Stops it clean; the data stay until this process ends, so that it can be started again. */
  stop(): Promise<void>
  /** kill -9 of everything, PostgreSQL included. */
  killAll(): Promise<void>
  /** What it has printed so far. */
  output(): string
}>

type StartOptions = Readonly<{
  /** A temporary one when left out. */
  dataDir?: string
  env?: Readonly<Record<string, string>>
}>

const root = join(import.meta.dirname, '..', '..')
const READY_TIMEOUT_MS = 60_000
const LOOK_EVERY_MS = 50

const ownFolders = new Set<string>()
const running = new Set<() => void>()
process.on('exit', () => {
  for (const kill of running) kill()
  for (const folder of ownFolders) rmSync(folder, { recursive: true, force: true })
})

/** Starts a system on a free port and waits until it is ready. */
export async function startSystem({ dataDir, env = {} }: StartOptions = {}): Promise<System> {
  const folder = dataDir ?? temporaryFolder()
  const child = spawn(process.execPath, [join('local', 'start.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', PORT: '0', DATA_DIR: folder, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  let hasEnded = false
  const ended = new Promise<void>((done) => {
    child.on('exit', () => {
      hasEnded = true
      done()
    })
  })
  const pid = child.pid ?? 0
  const postgresPid = () => {
    const file = join(folder, 'postgres', 'postmaster.pid')
    return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : Number.NaN
  }
  const killNow = () => {
    const roots = [pid, postgresPid()].filter((each) => each > 0)
    for (const each of processTree(...roots)) kill(each)
  }
  running.add(killNow)
  const killAll = async () => {
    killNow()
    await ended
    running.delete(killNow)
  }

  const address = await waitUntilReady(folder, () => hasEnded).catch(async (error: Error) => {
    await killAll()
    throw new Error(`${error.message}\n${output}`)
  })
  if (Number.isNaN(postgresPid()) && env.DATABASE_URL === undefined) {
    throw new Error(`no PostgreSQL runs in ${folder}`)
  }
  const key = readFileSync(join(folder, 'admin-key'), 'utf8').trim()
  return {
    address,
    key,
    dataDir: folder,
    pid,
    get postgresPid() {
      return postgresPid()
    },
    request: (method, path, init = {}) => {
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${key}`)
      return fetch(address + path, { ...init, method, headers })
    },
    async stop() {
      if (!hasEnded) child.kill('SIGTERM')
      await ended
      running.delete(killNow)
    },
    killAll,
    output: () => output,
  }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-system-'))
  // PostgreSQL, which never runs as root, must get in when root runs the tests.
  chmodSync(folder, 0o711)
  ownFolders.add(folder)
  return folder
}

async function waitUntilReady(folder: string, hasEnded: () => boolean): Promise<string> {
  const file = join(folder, 'address')
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (Date.now() < deadline) {
    if (hasEnded()) throw new Error('the system ended before it was ready')
    if (existsSync(file)) {
      const address = readFileSync(file, 'utf8').trim()
      const answer = await fetch(`${address}/readyz`).catch(() => undefined)
      if (answer?.ok) return address
    }
    await pause(LOOK_EVERY_MS)
  }
  throw new Error(`the system is not ready after ${READY_TIMEOUT_MS} ms`)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself meanwhile.
  }
}
