import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bundles } from '#stacks/bundle.ts'

/**
 * Lends bundles that stand in for the real ones, and a folder that is gone afterwards: for whoever
 * looks at templates and not at code.
 */
export function withStandIns<T>(use: (bundles: Bundles, folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-templates-'))
  try {
    const bundle = join(folder, 'bundle')
    mkdirSync(bundle)
    writeFileSync(join(bundle, 'index.mjs'), 'export const handler = () => undefined')
    return use(() => bundle, join(folder, 'out'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
