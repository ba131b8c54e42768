import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { frontDoorSettingNames } from '#stacks/front-door-settings.ts'
import { observabilitySettingNames } from '#stacks/observability-settings.ts'
import { settingNames } from '#stacks/settings.ts'
import { stageResources } from './stage-templates.ts'

const reference = readFileSync(new URL('../../docs/reference/context.md', import.meta.url), 'utf8')
const [settings = '', parameters = ''] = reference.split('## What stacks leave for each other')

it('the reference has every setting of the context, and no other', () => {
  const described = [...settings.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)
  const known = ['stage', ...settingNames, ...frontDoorSettingNames, ...observabilitySettingNames]
  expect(described.sort()).toEqual(known.sort())
})

it('the reference has every parameter that stacks leave for each other', () => {
  const described = [...parameters.matchAll(/`([a-z-]+)(?:\/<name>)?`/g)].map(([, name]) => name)
  const left = stageResources('aws')
    .filter(({ Type }) => Type === 'AWS::SSM::Parameter')
    .map(({ Properties: { Name } }) => String(Name).split('/')[2])
  expect(left.length).toBeGreaterThan(0)
  expect(described).toEqual(expect.arrayContaining(left))
})
