// The launcher behind every npm script. It needs nothing but the Node it is started with (20 or
// newer): it installs what is missing, then runs its argument on Node 24, which comes through npm.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const WANTED_MAJOR = 24

const modifiedAt = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0)

/** npm writes this file last, so it is older than the lock file exactly when an install is due. */
function installIfMissing() {
  const installed = modifiedAt(join(root, 'node_modules', '.package-lock.json'))
  if (installed >= modifiedAt(join(root, 'package-lock.json'))) return
  console.error('Installing dependencies (once, about half a minute) ...')
  // Not `npm ci`: it refuses a lock file that lacks other platforms' optional packages, which npm
  // leaves out when a registry does not have them. --no-save keeps the lock file as it is.
  const install = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', install, {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    console.error('npm install failed: see its message above. Nothing was started.')
    process.exit(1)
  }
}

/** The Node of the npm package, else this one where it is new enough. */
function findNode() {
  const packaged = join(
    root,
    'node_modules',
    `node-${process.platform}-${process.arch}`,
    'bin',
    'node',
  )
  if (existsSync(packaged)) return packaged
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) return process.execPath
  console.error(
    `Node ${WANTED_MAJOR} is needed and npm has no package of it for ${process.platform}-${process.arch}: install it and try again.`,
  )
  process.exit(1)
}

/** Turns `--bin vitest run` into the script behind that command, so that it runs on our Node too. */
function entryPoint([first, second, ...rest]) {
  if (first !== '--bin') return [first, ...(second === undefined ? [] : [second]), ...rest]
  return [join('node_modules', '.bin', second), ...rest]
}

installIfMissing()
const child = spawn(
  findNode(),
  ['--disable-warning=TimeoutNegativeWarning', ...entryPoint(process.argv.slice(2))],
  { cwd: root, stdio: 'inherit' },
)
// A terminal sends ctrl-c to the whole group; the child decides when it is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
}
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
