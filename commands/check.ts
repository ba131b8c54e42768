import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** What `npm run check` runs, in this order; the first failure ends it. */
const steps = [
  { name: 'format and lint', command: ['biome', 'ci', '--error-on-warnings', '.'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'import rules', command: ['depcruise', '--output-type', 'err-long', '.'] },
  { name: 'dead code', command: ['knip'] },
] as const

if (process.argv.includes('--help')) {
  console.log(
    `npm run check\n\nRuns, and stops at the first failure: ${steps.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(0)
}

for (const { name, command } of steps) {
  const started = performance.now()
  const code = await run(command)
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  console.log(`${code === 0 ? 'ok    ' : 'failed'} ${name} (${seconds} s)`)
  if (code !== 0) process.exit(code)
}

async function run([program, ...args]: readonly [string, ...string[]]): Promise<number> {
  const child = spawn(join('node_modules', '.bin', program), args, { stdio: 'inherit' })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('exit', (code) => done(code ?? 1))
  })
}
