import { Failure } from '../errors.ts'
import type { Spill, SpillOutlet } from '../ports/spill.ts'

/**
 * The spill behind `sqs:<queue URL>?bucket=<name>` or `file:///folder`; undefined for an empty URL.
 * Its driver is loaded with the first put: most functions never have one.
 *
 * @throws `InvalidInput`
 */
export function openSpill(url: string): Spill | undefined {
  if (url === '') return undefined
  const scheme = schemeOf(url)
  let opening: Promise<Spill> | undefined

  async function load(): Promise<Spill> {
    return scheme === 'file'
      ? (await import('./file/spill-folder.ts')).fileSpill(url)
      : (await import('./aws/spill-queue.ts')).sqsSpill(url)
  }

  return {
    async put(records, { timeoutMs }) {
      const started = performance.now()
      opening ??= load()
      const spill = await opening
      await spill.put(records, { timeoutMs: timeoutMs - (performance.now() - started) })
    },
    async close() {
      await (await opening)?.close()
    },
  }
}

/** What the one who empties a spill needs of it. @throws `InvalidInput` */
export async function openSpillOutlet(url: string): Promise<SpillOutlet> {
  return schemeOf(url) === 'file'
    ? (await import('./file/spill-folder.ts')).fileSpillOutlet()
    : (await import('./aws/spill-outlet.ts')).sqsSpillOutlet(url)
}

function schemeOf(url: string): 'file' | 'sqs' {
  const scheme = /^([a-z]+):/.exec(url)?.[1]
  if (scheme === 'file' || scheme === 'sqs') return scheme
  throw new Failure(
    'InvalidInput',
    'a spill is sqs:<queue URL>?bucket=<name>, file:///folder or nothing',
  )
}
