import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isStageName, stageNames } from '#stacks/stage.ts'

const HELP = `npm run synth [-- --stage <name>]

Writes the CloudFormation of every stage, or of one, to cdk.out/<stage>. Works offline.

  --stage local|compose|aws   only this stage; may be given more than once
  --help                      this text

Deploy what was written with: cdk deploy --app cdk.out/<stage> --all`

const values = readArguments()
if (values.help) {
  console.log(HELP)
  process.exit(0)
}

const started = performance.now()
const code = await run(join('stacks', 'app.ts'), values.stage)
if (code !== 0) process.exit(code)
for (const stage of values.stage.length > 0 ? values.stage : stageNames) {
  const folder = join('cdk.out', stage)
  const templates = (await readdir(folder)).filter((file) => file.endsWith('.template.json'))
  for (const template of templates.sort()) console.log(join(folder, template))
}
console.log(`Written in ${((performance.now() - started) / 1_000).toFixed(1)} s.`)

function run(script: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit' })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('exit', (exitCode) => done(exitCode ?? 1))
  })
}

function readArguments() {
  try {
    const { values: given } = parseArgs({
      options: {
        stage: { type: 'string', multiple: true, default: [] },
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
