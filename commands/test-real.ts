import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand, UsageError } from './run-command.ts'

const USAGE = `npm run test:real [-- <part> ...]

Runs the suites that need real parts, for each part whose variables are set, or for the named ones alone:

  kafka       KAFKA_BROKERS       host:port,host:port: tests in test/real named kafka-*
  postgres    DATABASE_URL        a PostgreSQL to make databases in: the contracts, and tests named postgres-*
  consul      CONSUL_HTTP_ADDR    http://host:port: tests named consul-*
  aws         AWS_ENDPOINT_URL    LocalStack or MiniStack, beside KAFKA_BROKERS and DATABASE_URL: tests
                                  named aws-*, which deploy the compose stage there and use it

What lacks a variable is listed as not run. When nothing runs, that is a failure, and so is a named part
that does not.`

type Part = Readonly<{
  name: string
  /** What has to be set for it. */
  variables: readonly string[]
  contracts?: boolean
}>

const parts: readonly Part[] = [
  { name: 'kafka', variables: ['KAFKA_BROKERS'] },
  { name: 'postgres', variables: ['DATABASE_URL'], contracts: true },
  { name: 'consul', variables: ['CONSUL_HTTP_ADDR'] },
  { name: 'aws', variables: ['AWS_ENDPOINT_URL', 'KAFKA_BROKERS', 'DATABASE_URL'] },
]

type Result = 'passed' | 'failed' | 'not run'

await runCommand(USAGE, {}, async ({ positionals }) => {
  const unknown = positionals.find((wanted) => !parts.some(({ name }) => name === wanted))
  if (unknown) throw new UsageError(`there is no part ${unknown}`)
  const results: Result[] = []
  const report: string[] = []
  for (const part of parts) {
    const isNamed = positionals.includes(part.name)
    if (positionals.length > 0 && !isNamed) continue
    const { result, why } = await run(part)
    results.push(isNamed && result === 'not run' ? 'failed' : result)
    report.push(`${`${result}:`.padEnd(9)}${part.name}${why ? ` (${why})` : ''}`)
  }
  console.log(`\n${report.join('\n')}`)
  const nothingRan = results.every((result) => result === 'not run')
  return nothingRan || results.includes('failed') ? 1 : 0
})

async function run({
  name,
  variables,
  contracts,
}: Part): Promise<Readonly<{ result: Result; why?: string }>> {
  const missing = variables.filter((variable) => !process.env[variable])
  if (missing.length > 0) return { result: 'not run', why: `not set: ${missing.join(', ')}` }
  const tests = readdirSync('test/real').filter(
    (file) => file.startsWith(`${name}-`) && file.endsWith('.test.ts'),
  )
  if (tests.length === 0 && !contracts) return { result: 'not run', why: 'it has no tests' }
  const codes: number[] = []
  if (contracts) codes.push(await vitest(['--project', 'contract']))
  if (tests.length > 0) {
    codes.push(await vitest(['--project', 'real', ...tests.map((file) => `test/real/${file}`)]))
  }
  return { result: codes.every((code) => code === 0) ? 'passed' : 'failed' }
}

async function vitest(args: readonly string[]): Promise<number> {
  const entry = join('node_modules', 'vitest', 'vitest.mjs')
  const child = spawn(process.execPath, [...process.execArgv, entry, 'run', ...args], {
    stdio: 'inherit',
  })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('exit', (code) => done(code ?? 1))
  })
}
