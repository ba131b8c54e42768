import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { variants } from '#commands/nag/variants.ts'
import { stageResources } from './stage-templates.ts'

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8')

/** Every alarm that any way to deploy can have; a part of a composite alarm is told with the whole. */
const alarmed = new Set(
  Object.values(variants)
    .flatMap((given) => stageResources('aws', given))
    .map(({ Properties }) => Properties?.AlarmName ?? Properties?.CompositeAlarmName)
    .filter((name) => typeof name === 'string' && !name.includes('/'))
    .map((name: string) => name.replace('omninode-aws-', '')),
)

it('has one runbook entry for each alarm', () => {
  const headings = [...runbook.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading)
  expect(headings.sort()).toEqual([...alarmed].sort())
})

it('says in each entry what it means, where to look and what to do', () => {
  for (const entry of runbook.split(/^### /m).slice(1)) {
    for (const part of ['**Meaning** ', '**Look here** ', '**Do this** ']) {
      expect([entry.split('\n')[0], entry.includes(part)]).toEqual([entry.split('\n')[0], true])
    }
  }
})
