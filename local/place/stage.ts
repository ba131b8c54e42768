import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { type Assembly, readAssembly } from '../template/assembly.ts'

/** What the templates and bundles are made of. */
const SOURCES = ['functions', 'shared', 'stacks', 'cdk.json', 'package.json', 'package-lock.json']
const STAGE = 'local'
/** Earlier syntheses that are kept: switching between two states of the sources costs nothing. */
const KEPT = 4

/**
 * The local stage's cloud assembly, made anew when the sources have changed. Each state of the sources
 * has a folder of its own, which appears whole or not at all, so any number of starts may run at once.
 *
 * @param root the project's folder
 */
export async function localStage(
  root: string,
  signal: AbortSignal,
  onSynthesis: () => void,
): Promise<Assembly> {
  const cache = join(root, 'cdk.out', '.start')
  const folder = join(cache, sourcesHash(root))
  if (!existsSync(folder)) {
    onSynthesis()
    mkdirSync(cache, { recursive: true })
    const temporary = join(cache, `.making-${process.pid}`)
    try {
      await synthesise(root, temporary, signal)
      renameSync(join(temporary, STAGE), folder)
    } catch (error) {
      // Another start was faster: its folder holds the same.
      if (!existsSync(folder)) throw error
    } finally {
      rmSync(temporary, { recursive: true, force: true })
    }
    removeOld(cache)
  }
  return readAssembly(folder)
}

/**
 * Copies the functions' bundles to where nothing changes them while they run: a worker that is
 * replaced loads what the others run.
 */
export function keepBundles(assembly: Assembly, folder: string): Assembly {
  const kept = new Map<string, string>()
  for (const [key, source] of assembly.assets) {
    const target = join(folder, basename(source))
    if (!existsSync(target)) {
      const temporary = `${target}.${process.pid}`
      cpSync(source, temporary, { recursive: true })
      renameSync(temporary, target)
    }
    kept.set(key, target)
  }
  const current = new Set([...kept.values()].map((path) => basename(path)))
  for (const name of readdirSync(folder)) {
    if (!current.has(name)) rmSync(join(folder, name), { recursive: true, force: true })
  }
  return { ...assembly, assets: kept }
}

function sourcesHash(root: string): string {
  const hash = createHash('sha256')
  const add = (path: string) => {
    const full = join(root, path)
    if (!existsSync(full)) return
    if (!statSync(full).isDirectory()) {
      hash.update(`${path}\0`).update(readFileSync(full)).update('\0')
      return
    }
    for (const name of readdirSync(full).sort()) add(join(path, name))
  }
  SOURCES.forEach(add)
  return hash.digest('hex').slice(0, 32)
}

async function synthesise(root: string, outputFolder: string, signal: AbortSignal) {
  const child = spawn(process.execPath, [join(root, 'stacks', 'app.ts'), STAGE], {
    cwd: root,
    signal,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, SYNTH_FOLDER: outputFolder },
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const code = await new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  if (code !== 0) throw new Error(`The local stage can't be synthesised:\n${complaint}`)
}

function removeOld(cache: string): void {
  const folders = readdirSync(cache)
    .filter((name) => !name.startsWith('.'))
    .map((name) => ({ path: join(cache, name), time: statSync(join(cache, name)).mtimeMs }))
    .sort((one, other) => other.time - one.time)
  for (const { path } of folders.slice(KEPT)) rmSync(path, { recursive: true, force: true })
}
