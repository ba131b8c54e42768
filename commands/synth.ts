import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isStageName, stageNames } from '#stacks/stage.ts'

const HELP = `npm run synth [-- --stage <name>] [-c <name>=<value>]

Writes the CloudFormation of every stage, or of one, to cdk.out/<stage> (another folder: SYNTH_FOLDER).
Works offline.

  --stage local|compose|aws   only this stage; may be given more than once
  -c, --context <name>=<value>  a setting of docs/reference/context.md; may be given more than once
  --help                      this text

Deploy what was written with: cdk deploy --app cdk.out/<stage> --all`

const values = readArguments()
if (values.help) {
  console.log(HELP)
  process.exit(0)
}

const started = performance.now()
const code = await run(join('stacks', 'app.ts'), values.stage, contextOf(values.context))
if (code !== 0) process.exit(code)
for (const stage of values.stage.length > 0 ? values.stage : stageNames) {
  const folder = join(process.env.SYNTH_FOLDER ?? 'cdk.out', stage)
  const templates = (await readdir(folder)).filter((file) => file.endsWith('.template.json'))
  for (const template of templates.sort()) console.log(join(folder, template))
}
console.log(`Written in ${((performance.now() - started) / 1_000).toFixed(1)} s.`)

function run(script: string, args: readonly string[], context: string): Promise<number> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: 'inherit',
    env: { ...process.env, CDK_CONTEXT_JSON: context },
  })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('exit', (exitCode) => done(exitCode ?? 1))
  })
}

/** As the `cdk` command hands it on. */
function contextOf(given: readonly string[]): string {
  const entries = given.map((one) => {
    const at = one.indexOf('=')
    return at < 0 ? [one, ''] : [one.slice(0, at), one.slice(at + 1)]
  })
  return JSON.stringify(Object.fromEntries(entries))
}

function readArguments() {
  try {
    const { values: given } = parseArgs({
      options: {
        stage: { type: 'string', multiple: true, default: [] },
        context: { type: 'string', short: 'c', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    })
    const unknown = given.stage.find((stage) => !isStageName(stage))
    if (unknown === undefined) return given
    console.error(`There is no stage '${unknown}': choose ${stageNames.join(', ')}.`)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`)
  }
  process.exit(2)
}
