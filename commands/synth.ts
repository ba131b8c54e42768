import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const HELP = `npm run synth [-- --stage <name>]

Writes the CloudFormation of every stage, or of one, to cdk.out/<stage>. Works offline.

  --stage local|compose|aws   only this stage; may be given more than once
  --help                      this text

Deploy what was written with: cdk deploy --app cdk.out/<stage> --all`

const { values } = parseArgs({
  options: {
    stage: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit(0)
}

const started = performance.now()
const code = await run(join('stacks', 'app.ts'), values.stage)
if (code !== 0) process.exit(code)
for (const stage of values.stage.length > 0 ? values.stage : await stagesWritten()) {
  const folder = join('cdk.out', stage)
  const templates = (await readdir(folder)).filter((file) => file.endsWith('.template.json'))
  for (const template of templates.sort()) console.log(join(folder, template))
}
console.log(`Written in ${((performance.now() - started) / 1_000).toFixed(1)} s.`)

async function stagesWritten(): Promise<string[]> {
  const entries = await readdir('cdk.out', { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
}

function run(script: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit' })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('exit', (exitCode) => done(exitCode ?? 1))
  })
}
