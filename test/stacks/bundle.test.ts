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
