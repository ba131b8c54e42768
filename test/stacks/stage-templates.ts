import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readAssembly } from '#local/template/assembly.ts'
import type { StageName } from '#stacks/stage.ts'
import { type GivenContext, synthesise } from '#stacks/synthesise.ts'

/** A resource of a stage, with the stack it stands in. */
export type Found = Readonly<{
  stack: string
  id: string
  Type: string
  Properties: Properties
  Condition?: string
  DeletionPolicy?: string
  DependsOn?: readonly string[]
}>

// biome-ignore lint/suspicious/noExplicitAny: templates are data, what a property holds is the test's subject
export type Properties = Record<string, any>

const made = new Map<string, readonly Found[]>()

/** Every resource of a stage, synthesised with bundles that stand in for the real ones. */
export function stageResources(stage: StageName, given: GivenContext = {}): readonly Found[] {
  const key = JSON.stringify([stage, given])
  const resources = made.get(key) ?? resourcesOf(stage, given)
  made.set(key, resources)
  return resources
}

function resourcesOf(stage: StageName, given: GivenContext): readonly Found[] {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-synth-'))
  try {
    const bundle = join(folder, 'bundle')
    mkdirSync(bundle)
    writeFileSync(join(bundle, 'index.mjs'), 'export const handler = () => undefined')
    const output = join(folder, 'out')
    synthesise({ stage, bundles: () => bundle }, output, given)
    return [...readAssembly(output).templates].flatMap(([stack, { Resources }]) =>
      Object.entries(Resources).map(([id, resource]) => ({ stack, id, ...resource }) as Found),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
