import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findExampleProblems } from '#functions/version-router/example-problems.ts'
import { rulesInput } from '#functions/version-router/rules-schema.ts'
import { transformer } from '#shared/adapters/transform/transformer.ts'
import { readRules, writeRules } from '#shared/domain/routing/rules-form.ts'
import { findRulesProblems } from '#shared/domain/routing/rules-problems.ts'

const page = readFileSync(new URL('../../../docs/reference/routing.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/^## (.+?)$[^#]*?^```json\n([\s\S]*?)^```/gm)].map(
  ([, heading = '', text = '']) => ({ heading, rules: JSON.parse(text) as object }),
)

describe('the page on routing rules', () => {
  it.each(examples)('has rules that would be taken under $heading', async ({ rules }) => {
    const read = readRules(rulesInput.parse(rules))
    expect(findRulesProblems({ revision: 1, ...read })).toEqual([])
    expect(await findExampleProblems(transformer(), read.transforms ?? [])).toEqual([])
    expect(writeRules(read)).toEqual(rules)
  })

  it('has an example of every rule, and of every part of one', () => {
    const shown = new Set(examples.flatMap(({ rules }) => namesIn(rules)))
    const known = namesIn(shapeOf(rulesInput as unknown as Schema))
    expect(known.length).toBeGreaterThan(40)
    expect(known.filter((name) => !shown.has(name))).toEqual([])
  })
})

/** Names of members, by the way to them; what is below a transformation's messages is not ours. */
function namesIn(value: unknown, way = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => namesIn(item, way))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => {
    const own = `${way}/${name}`
    return /\/(input|output|request|response)$/.test(own) ? [own] : [own, ...namesIn(item, own)]
  })
}

/** What of a zod schema tells its shape. */
type Schema = Readonly<{
  def: Readonly<{ innerType?: Schema; element?: Schema; shape?: Record<string, Schema> }>
}>

/** The members of a schema, as an object that has them. */
function shapeOf({ def }: Schema): unknown {
  if (def.innerType) return shapeOf(def.innerType)
  if (def.element) return [shapeOf(def.element)]
  if (!def.shape) return 'leaf'
  return Object.fromEntries(Object.entries(def.shape).map(([name, part]) => [name, shapeOf(part)]))
}
