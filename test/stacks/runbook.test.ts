import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { stageResources } from './stage-templates.ts'

it('has one runbook entry for each function with an alarm, and one for the API', () => {
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
  const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
  const resources = stageResources('aws')
  const nameOf = new Map(resources.map(({ id, Properties }) => [id, Properties.FunctionName]))
  const alarmed = resources
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => {
      const [dimension] = Properties.Dimensions as { Value: { Ref?: string } }[]
      return nameOf.get(dimension?.Value.Ref ?? '') ?? 'front-door'
    })
  expect(headings.sort()).toEqual(alarmed.sort())
})
