import { readAssembly } from '#local/template/assembly.ts'
import { type GivenContext, synthesise } from '#stacks/synthesise.ts'
import { assumptions, estimate } from './cost/estimate.ts'
import { type Inventory, takeInventory } from './cost/inventory.ts'
import { reportOf, sums } from './cost/report.ts'
import { runCommand, UsageError } from './run-command.ts'
import { withStandIns } from './stand-ins.ts'

const USAGE = `npm run cost -- --hooks-per-day <n> [-c <name>=<value>] [--json]

What a month of stage aws costs, part by part: what its templates make, times the prices of
commands/cost/prices.ts. Prices that nobody checked are marked, and summed apart.

  --hooks-per-day <n>      events that come in, required
  --hooks-per-request <n>  how many come in one request (1)
  --bytes-per-hook <n>     size of an event on the log (2000)
  --calls-per-day <n>      calls of services through /proxy of the API (0); each is an event, too
  --ms-per-call <n>        how long such a call takes, for most of which its upstream is waited for (100)
  -c <name>=<value>        CDK context, as for cdk deploy; may be given more than once
  --json                   the lines, sums and assumptions as JSON`

const options = {
  'hooks-per-day': { type: 'string' },
  'hooks-per-request': { type: 'string', default: '1' },
  'bytes-per-hook': { type: 'string', default: '2000' },
  'calls-per-day': { type: 'string', default: '0' },
  'ms-per-call': { type: 'string', default: '100' },
  context: { type: 'string', short: 'c', multiple: true, default: [] as string[] },
  json: { type: 'boolean', default: false },
} as const

await runCommand(USAGE, options, async ({ values }) => {
  const traffic = {
    hooksPerDay: count('--hooks-per-day', values['hooks-per-day'], 0),
    hooksPerRequest: count('--hooks-per-request', values['hooks-per-request'], 1),
    bytesPerHook: count('--bytes-per-hook', values['bytes-per-hook'], 1),
    callsPerDay: count('--calls-per-day', values['calls-per-day'], 0),
    msPerCall: count('--ms-per-call', values['ms-per-call'], 1),
  }
  const lines = estimate(inventoryOf(readContext(values.context ?? [])), traffic)
  const report = { traffic, lines, sums: sums(lines), assumptions }
  console.log(values.json ? JSON.stringify(report, undefined, 2) : reportOf(lines, traffic))
  return 0
})

function count(name: string, given: string | undefined, least: number): number {
  const value = Number(given ?? Number.NaN)
  if (Number.isFinite(value) && value >= least) return value
  throw new UsageError(`${name} takes a number of at least ${least}`)
}

function readContext(given: readonly string[]): GivenContext {
  return Object.fromEntries(
    given.map((setting) => {
      const at = setting.indexOf('=')
      if (at < 1) throw new UsageError(`-c ${setting}: not <name>=<value>`)
      return [setting.slice(0, at), setting.slice(at + 1)]
    }),
  )
}

/** The real bundles cost the same. */
function inventoryOf(given: GivenContext): Inventory {
  return withStandIns((bundles, folder) => {
    synthesise({ stage: 'aws', bundles }, folder, given)
    const templates = [...readAssembly(folder).templates.values()]
    return takeInventory(templates.flatMap(({ Resources }) => Object.values(Resources)))
  })
}
