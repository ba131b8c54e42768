import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundleFunctions, functionNames } from '#stacks/bundle.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'omninode-bundle-'))
  for (const name of ['one', 'two', 'no-function']) {
    mkdirSync(join(root, 'functions', name), { recursive: true })
  }
  writeFileSync(join(root, 'shared.ts'), 'export const shared: string = "shared"')
  writeFileSync(join(root, 'heavy.ts'), 'export const heavy = "only when it is asked for"')
  writeFileSync(join(root, 'legacy.cjs'), 'module.exports = require("node:path").sep')
  const handler = `
    import { shared } from '../../shared.ts'
    import separator from '../../legacy.cjs'
    export const handler = async (event: { heavy?: boolean }) =>
      event.heavy ? (await import('../../heavy.ts')).heavy : shared + separator`
  for (const name of ['one', 'two']) {
    writeFileSync(join(root, 'functions', name, 'handler.ts'), handler)
  }
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const contents = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((file) => [file, readFileSync(join(folder, file), 'utf8')])

it('every folder with a handler is a function', () => {
  expect(functionNames(root)).toEqual(['one', 'two'])
})

it('a bundle stands alone and keeps what is imported later apart', async () => {
  const bundles = await bundleFunctions(root, join(root, 'out'))
  const alone = join(root, 'alone')
  cpSync(bundles('one'), alone, { recursive: true })
  expect(readFileSync(join(alone, 'index.mjs'), 'utf8')).not.toContain('only when it is asked for')
  const { handler } = await import(pathToFileURL(join(alone, 'index.mjs')).href)
  expect(await handler({})).toBe('shared/')
  expect(await handler({ heavy: true })).toBe('only when it is asked for')
})

it('the same sources give the same bytes', async () => {
  const first = await bundleFunctions(root, join(root, 'first'))
  const second = await bundleFunctions(root, join(root, 'second'))
  expect(contents(first('two'))).toEqual(contents(second('two')))
})

it('a bundle carries the migrations exactly when it reads them', async () => {
  const adapters = join(root, 'shared', 'adapters', 'postgres')
  mkdirSync(join(adapters, 'migrations'), { recursive: true })
  mkdirSync(join(root, 'functions', 'migrates'))
  writeFileSync(join(adapters, 'migrations', '0001-step.up.sql'), 'select 1;')
  writeFileSync(
    join(adapters, 'migration-files.ts'),
    "export const folder = new URL('./migrations', import.meta.url)",
  )
  writeFileSync(
    join(root, 'functions', 'migrates', 'handler.ts'),
    `import { readFileSync } from 'node:fs'
     import { folder } from '../../shared/adapters/postgres/migration-files.ts'
     export const handler = () => readFileSync(new URL('./migrations/0001-step.up.sql', folder), 'utf8')`,
  )
  const bundles = await bundleFunctions(root, join(root, 'migrating'))
  const alone = join(root, 'alone-migrating')
  cpSync(bundles('migrates'), alone, { recursive: true })
  const { handler } = await import(pathToFileURL(join(alone, 'index.mjs')).href)
  expect(handler()).toBe('select 1;')
  expect(readdirSync(bundles('one'))).not.toContain('migrations')
})

it('a function that can be run for long has a module for that, and one that is a process', async () => {
  mkdirSync(join(root, 'functions', 'listens'))
  const handler = `import { shared } from '../../shared.ts'
    export const handler = () => shared`
  const server = `import { shared } from '../../shared.ts'
    export const open = async (environment) => ({
      handle: (request, response) => response.end(shared + request.url + environment.TOLD),
      close: async () => undefined,
    })`
  writeFileSync(join(root, 'functions', 'listens', 'handler.ts'), handler)
  writeFileSync(join(root, 'functions', 'listens', 'server.ts'), server)
  const bundles = await bundleFunctions(root, join(root, 'listening'))
  expect(readdirSync(bundles('one'))).not.toContain('server.mjs')
  const alone = join(root, 'alone-listening')
  cpSync(bundles('listens'), alone, { recursive: true })

  const child = spawn(process.execPath, [join(alone, 'listen.mjs')], {
    env: { AWS_LAMBDA_HTTP_ENDPOINT: '127.0.0.1:0', TOLD: '!' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const { code, address } = JSON.parse(line) as Record<string, string>
    expect(code).toBe('server.started')
    expect(await (await fetch(`${address}/a?b`)).text()).toBe('shared/a?b!')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
  }
})
