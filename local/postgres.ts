import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { nativeFolder, openToAll } from './place/postgres-binaries.ts'
import { childrenOf, runs, signal } from './place/processes.ts'

/** A running PostgreSQL of our own. */
export type EmbeddedPostgres = Readonly<{
  /** `postgres://` URL of the `omninode` database. */
  url: string
  /** Process id of the postmaster. */
  pid: number
  /** Fast shutdown: open transactions are rolled back, everything committed is kept. */
  stop(): Promise<void>
  /** Ends it at once, without waiting; its next start recovers by its log. */
  kill(): void
}>

type StartOptions = {
  /** Where the cluster lives; made when missing. */
  dataDir: string
  /** false trades durability for speed: for tests alone. */
  fsync?: boolean
  /** Listens here; a free port when left out. */
  port?: number
}

const SUPERUSER = 'omninode'
const DATABASE = 'omninode'
const START_TIMEOUT_S = 60
const STOP_TIMEOUT_S = 2

/** PostgreSQL refuses to run as root; root starts it as this user, which every system has. */
const UNPRIVILEGED = { name: 'nobody', uid: 65_534 }

/**
 * Starts the PostgreSQL that npm brought, and makes its cluster and database on the first start. It
 * runs in a session of its own, so a ctrl-c in the terminal does not reach it before we have drained.
 * One that outlived its starter is stopped first.
 */
export async function startPostgres(options: StartOptions): Promise<EmbeddedPostgres> {
  const asRoot = process.getuid?.() === 0
  const dataDir = clusterFolder(resolve(options.dataDir), asRoot)
  const run = runner(nativeFolder(asRoot), asRoot)
  const passwordFile = join(dirname(dataDir), 'postgres-password')
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(run, dataDir, passwordFile, asRoot)
  const password = readFileSync(passwordFile, 'utf8').trim()

  await stopLeftOver(run, dataDir)
  const port = options.port ?? (await freePort())
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: options.fsync === false ? 'off' : 'on',
    ...SETTINGS,
  }
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`)
  const logFile = join(dataDir, 'server.log')
  await run('pg_ctl', [
    ...['-D', dataDir, '-l', logFile, '-w', '-t', String(START_TIMEOUT_S)],
    ...['-o', flags.join(' '), 'start'],
  ]).catch((error: Error) => {
    throw new Error(`${error.message}\n${lastLines(logFile)}`)
  })
  const pid = postmasterPid(dataDir)
  return {
    url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${DATABASE}`,
    pid,
    stop: () => stopServer(run, dataDir, pid),
    kill: () => killAll(pid),
  }
}

/**
 * For a machine shared with everything else the bridge runs: small buffers, WAL that is reused, and
 * group commit left to the appender, which batches by itself.
 */
const SETTINGS = {
  shared_buffers: '96MB',
  max_connections: 60,
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  jit: 'off',
  max_parallel_workers_per_gather: 0,
  autovacuum_naptime: '20s',
  log_min_messages: 'warning',
  logging_collector: 'off',
  timezone: 'UTC',
}

type Program = 'initdb' | 'pg_ctl' | 'postgres'
type Run = (program: Program, args: readonly string[], input?: string) => Promise<void>

function runner(native: string, asRoot: boolean): Run {
  return (program, args, input) =>
    new Promise((done, fail) => {
      const child = spawn(join(native, 'bin', program), args, {
        ...(asRoot ? { uid: UNPRIVILEGED.uid, gid: UNPRIVILEGED.uid } : {}),
        cwd: native,
        stdio: ['pipe', 'ignore', 'pipe'],
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      })
      child.stdin.end(input ?? '')
      let complaint = ''
      child.stderr.setEncoding('utf8').on('data', (text) => {
        complaint += text
      })
      child.on('error', fail)
      child.on('exit', (code) => {
        child.stderr.destroy()
        if (code === 0) done()
        else fail(new Error(`${program} failed with exit code ${code}: ${complaint.trim()}`))
      })
    })
}

async function initialise(run: Run, dataDir: string, passwordFile: string, asRoot: boolean) {
  rmSync(dataDir, { recursive: true, force: true })
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  if (asRoot) {
    chownSync(dataDir, UNPRIVILEGED.uid, UNPRIVILEGED.uid)
    chownSync(passwordFile, UNPRIVILEGED.uid, UNPRIVILEGED.uid)
  }
  await run('initdb', [
    ...['-D', dataDir, '-U', SUPERUSER, '--pwfile', passwordFile],
    ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--data-checksums'],
  ])
  // Single-user mode makes the database before anyone can connect.
  const quiet = ['-c', 'log_min_messages=error']
  await run(
    'postgres',
    ['--single', '-D', dataDir, ...quiet, 'template1'],
    `create database ${DATABASE};\n`,
  )
}

/**
 * Where the cluster goes: where it was asked for, unless root asked for a place below a folder that
 * the unprivileged user may not enter.
 */
function clusterFolder(wanted: string, asRoot: boolean): string {
  const parent = dirname(wanted)
  mkdirSync(parent, { recursive: true, mode: asRoot ? 0o711 : 0o700 })
  if (!asRoot || openToAll(parent)) return wanted
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16)
  const moved = join('/var/lib/omninode-bridge', name, 'postgres')
  mkdirSync(dirname(moved), { recursive: true, mode: 0o711 })
  // Whoever looks for it where it was asked for finds it.
  if (!lstatSync(wanted, { throwIfNoEntry: false })) symlinkSync(moved, wanted)
  return moved
}

/** Stops a server that still runs on this cluster after its starter was killed. */
async function stopLeftOver(run: Run, dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const pid = postmasterPid(dataDir)
  if (runs(pid, 'postgres')) {
    await stopServer(run, dataDir, pid)
  } else {
    // PostgreSQL would take a zombie, or another program with that id, for a running server.
    rmSync(pidFile, { force: true })
  }
}

/** A server that does not stop in time is frozen or hangs on its disk; killed, it recovers by its log. */
async function stopServer(run: Run, dataDir: string, pid: number): Promise<void> {
  try {
    await run('pg_ctl', [
      ...['-D', dataDir, '-m', 'fast', '-w', '-t', String(STOP_TIMEOUT_S)],
      'stop',
    ])
  } catch {
    if (!runs(pid, 'postgres')) return
    killAll(pid)
    while (runs(pid, 'postgres')) await pause(KILL_CHECK_MS)
  }
}

const KILL_CHECK_MS = 20

/** A frozen process heeds no other signal. */
function killAll(postmaster: number): void {
  for (const pid of [postmaster, ...childrenOf(postmaster)]) signal(pid, 'SIGKILL')
}

function postmasterPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8'), 10)
}

function lastLines(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-8).join('\n') : ''
}

async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.on('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
