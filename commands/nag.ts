import { buildApp, type GivenContext } from '#stacks/synthesise.ts'
import { type Finding, findingsIn } from './nag/findings.ts'
import { variants } from './nag/variants.ts'
import { runCommand, UsageError } from './run-command.ts'
import { withStandIns } from './stand-ins.ts'

const USAGE = `npm run nag -- [--variant <name>] [--json]

Checks the aws stage with cdk-nag's rule packs AwsSolutions and Serverless, with its default context
and with others. Prints what was acknowledged and why; fails when a finding is not acknowledged.

  --variant <name>   only this one, may be given more than once: ${Object.keys(variants).join(', ')}
  --json             the findings as JSON

A finding is acknowledged beside the construct that has it:
Validations.of(construct).acknowledge({ id: 'AwsSolutions-...', reason: '...' })`

const options = {
  variant: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const

await runCommand(USAGE, options, async ({ values }) => {
  const chosen = values.variant ?? Object.keys(variants)
  const found = chosen.flatMap((name) => {
    const given = variants[name]
    if (!given) throw new UsageError(`there is no variant "${name}"`)
    return check(given).map((finding) => ({ ...finding, variant: name }))
  })
  const open = found.filter(({ reason }) => reason === undefined)
  if (values.json) console.log(JSON.stringify(found, undefined, 2))
  else {
    printAcknowledged(found)
    printOpen(open)
    const count = new Set(open.map(({ id, path }) => `${id} ${path}`)).size
    console.log(
      `${chosen.length} variants (${chosen.join(', ')}), ${count} findings without a reason`,
    )
  }
  return open.length === 0 ? 0 : 1
})

/** No rule looks into bundles. */
function check(given: GivenContext): readonly Finding[] {
  return withStandIns((bundles, folder) => {
    const app = buildApp({ stage: 'aws', bundles }, folder, given)
    // Synthesis runs the aspects, which give constructs their last properties.
    app.synth()
    return findingsIn(app)
  })
}

function printAcknowledged(found: readonly Finding[]): void {
  const places = new Map<string, Set<string>>()
  for (const { id, path, reason } of found) {
    if (reason === undefined) continue
    const key = `${id}\n    ${reason}`
    places.set(key, (places.get(key) ?? new Set()).add(path))
  }
  console.log(`acknowledged, ${places.size} findings and why:`)
  for (const [finding, paths] of [...places].sort(([one], [other]) => one.localeCompare(other))) {
    console.log(`  ${finding}\n    at ${[...paths].sort().join('\n       ')}`)
  }
}

function printOpen(open: readonly (Finding & { variant: string })[]): void {
  const seen = new Set<string>()
  for (const { id, path, info, variant } of open) {
    if (seen.has(`${id} ${path}`)) continue
    seen.add(`${id} ${path}`)
    console.error(`not acknowledged: ${id} at ${path} (${variant})\n    ${info}`)
  }
}
