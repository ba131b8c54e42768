import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type Assembly, readAssembly } from '#local/template/assembly.ts'
import { planPolling } from '#local/template/polling.ts'
import { deadLetterTopic, eventTopics } from '#shared/domain/topics.ts'
import type { StageName } from '#stacks/stage.ts'
import { synthesise } from '#stacks/synthesise.ts'

function assemblyOf(stage: StageName): Assembly {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-synth-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const bundle = join(folder, 'bundle')
  mkdirSync(bundle)
  writeFileSync(join(bundle, 'index.mjs'), 'export const handler = () => undefined')
  synthesise({ stage, bundles: () => bundle }, join(folder, 'out'))
  return readAssembly(join(folder, 'out'))
}

it('the poller finds in the compose stage what the local stage maps', () => {
  const { mappings, functions } = planPolling(assemblyOf('compose'), 'broker:9092')
  expect(mappings).toEqual(planPolling(assemblyOf('local'), 'broker:9092').mappings)
  const recorder = mappings.filter(({ functionName }) => functionName === 'event-recorder')
  expect(recorder.map(({ topic }) => topic).sort()).toEqual(
    eventTopics.map(({ name }) => name).sort(),
  )
  for (const { topic, deadLetterTopic: letters, partialFailures, functionName } of mappings) {
    expect(letters).toBe(deadLetterTopic(topic))
    expect(partialFailures).toBe(true)
    expect(functions.get(functionName)?.timeoutMs).toBeGreaterThan(0)
  }
})
