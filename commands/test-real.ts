import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'

const USAGE = `npm run test:real

Runs the suites that need real parts, for each part whose variable is set:

  KAFKA_BROKERS       host:port,host:port       tests in test/real named kafka-*
  DATABASE_URL        a PostgreSQL to make databases in: the contracts, and tests named postgres-*
  CONSUL_HTTP_ADDR    http://host:port          tests named consul-*
  AWS_ENDPOINT_URL    an emulator's address     tests named aws-*

What has no variable is listed as not run. With none of them set nothing runs, and that is a failure.`

type Part = Readonly<{ name: string; variable: string; prefix: string; contracts?: boolean }>

const parts: readonly Part[] = [
  { name: 'Kafka', variable: 'KAFKA_BROKERS', prefix: 'kafka-' },
  { name: 'PostgreSQL', variable: 'DATABASE_URL', prefix: 'postgres-', contracts: true },
  { name: 'Consul', variable: 'CONSUL_HTTP_ADDR', prefix: 'consul-' },
  { name: 'AWS', variable: 'AWS_ENDPOINT_URL', prefix: 'aws-' },
]

await runCommand(USAGE, {}, async () => {
  const files = readdirSync('test/real').filter((name) => name.endsWith('.test.ts'))
  const report: string[] = []
  let failed = 0
  let ran = 0
  for (const part of parts) {
    const { name, variable, contracts } = part
    const tests = files.filter((file) => file.startsWith(part.prefix))
    if (!process.env[variable]) {
      report.push(`not run: ${name} (${variable} is not set)`)
      continue
    }
    if (tests.length === 0 && !contracts) {
      report.push(`not run: ${name} (there are no tests of it)`)
      continue
    }
    const codes: number[] = []
    if (contracts) codes.push(await vitest(['--project', 'contract']))
    if (tests.length > 0) {
      codes.push(await vitest(['--project', 'real', ...tests.map((file) => `test/real/${file}`)]))
    }
    ran += 1
    const passed = codes.every((code) => code === 0)
    if (!passed) failed += 1
    report.push(`${passed ? 'passed' : 'failed'}:  ${name}`)
  }
  console.log(`\n${report.join('\n')}`)
  return failed > 0 || ran === 0 ? 1 : 0
})

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
