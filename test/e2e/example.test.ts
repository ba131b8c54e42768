import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type System, startSystem } from '#test/support/system.ts'

const root = join(import.meta.dirname, '..', '..')
const hasPython = spawnSync('python3', ['--version']).status === 0
if (!hasPython) process.stdout.write('No python3: npm run example is tested without its story.\n')

let system: System
beforeAll(async () => {
  system = await startSystem()
}, 90_000)
afterAll(() => system.stop())

/** Runs the command as a person does; a signal comes once the output matches. */
async function example(path = process.env.PATH, interruptAt?: RegExp) {
  const child = spawn(process.execPath, [join('commands', 'example.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: path ?? '', DATA_DIR: system.dataDir },
  })
  let output = ''
  let isInterrupted = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (isInterrupted || !interruptAt?.test(output)) return
      isInterrupted = true
      child.kill('SIGINT')
    })
  }
  const [code] = await once(child, 'close')
  return { code, output }
}

type Items = Readonly<{ items: readonly Readonly<{ name: string }>[] }>

async function leftBehind() {
  const named = async (path: string) => {
    const { items } = (await (await system.request('GET', path)).json()) as Items
    return items.map(({ name }) => name).filter((name) => name !== 'first key')
  }
  const rules = ['stock', 'prices', 'orders'].map((name) =>
    system.request('GET', `/services/${name}/routing`),
  )
  return {
    keys: await named('/keys'),
    roles: (await named('/roles')).filter((name) => name.startsWith('example-')),
    services: await named('/services'),
    rules: (await Promise.all(rules)).map(({ status }) => status),
  }
}

const nothing = { keys: [], roles: [], services: [], rules: [404, 404, 404] }

describe.skipIf(!hasPython)('npm run example', () => {
  it('takes all of it away when it is interrupted, too', async () => {
    const { code, output } = await example(process.env.PATH, /\d+ orders; half way through/)
    expect(code).toBe(1)
    expect(output).toContain('example: interrupted')
    expect(await leftBehind()).toEqual(nothing)
  })

  it('tells a story that is true, and takes all of it away again', async () => {
    const { code, output } = await example()
    expect(code, output).toBe(0)
    expect(output).toMatch(/stock-a {3}1\.4\.0\n.*\n.*stock-c {3}2\.0\.0\n {2}prices-a {2}1\.1\.0/)
    expect(output).toMatch(/201 \{"sku":"chair","quantity":2,"total":98\}/)
    expect(output).toMatch(/403 None of your roles grants/)
    expect(output).toMatch(/stock-a is killed\n {2}120 x 201\n/)
    expect(output).toMatch(/by traffic-learner: \[.*\{"range":"\^2","weight":0\}\]/)
    expect(output).toMatch(
      /served by 2\.0\.0\n {2}200 \{"sku":"chair","left":40\}\n.*served-version: 2\.0\.0/,
    )
    expect(output).toMatch(/\/left removed\n.*\/stock added\n.*the canary is worse, /)
    expect(output).toMatch(/slow +prices GET \/prices\/\{sku\} +confirmed/)
    expect(output).toMatch(/cacheable +/)
    expect(output).toMatch(/flowchart LR\n[\s\S]*orders POST \/orders[\s\S]*-->/)
    expect(output).toMatch(/removed their keys, roles and rules\.\n$/)
    expect(output).not.toMatch(/undefined|NaN|\[object| \n/)
    expect(await leftBehind()).toEqual(nothing)
  })
})

it('npm run example says that it takes Python, where there is none', async () => {
  const { code, output } = await example('/nowhere')
  expect(code).toBe(1)
  expect(output).toBe('example: python3 is not found: examples/prices is written in Python.\n')
})
