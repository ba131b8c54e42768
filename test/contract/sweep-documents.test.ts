import { expect, it, onTestFinished } from 'vitest'
import { sweepDocuments } from '#functions/housekeeping/sweep-documents.ts'
import { memoryDirectory } from '#shared/adapters/memory/directory.ts'
import { memoryKeyValue } from '#shared/adapters/memory/key-value.ts'
import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import { DOCUMENT_KEY, documentOf } from '#shared/domain/discovery/instance-document.ts'
import { aRegistration } from '#test/support/discovery.ts'

const at = new Date('2026-11-24T10:00:00Z')
const after = (minutes: number) => new Date(at.getTime() + minutes * 60_000)
const tools = [{ name: 'search' }]

it('documents go once nobody refers to them, unless they are younger than ten minutes', async () => {
  const directory = memoryDirectory()
  const keyValue = memoryKeyValue()
  onTestFinished(async () => void (await Promise.all([directory.close(), keyValue.close()])))
  const document = documentOf(tools, at)
  const keep = (id: string, kept: object = document) =>
    keyValue.set(catalogKeys.document('s', id), JSON.stringify(kept))
  const registered = (id: string, digest: string) =>
    directory.register(aRegistration({ service: 's', id, meta: { [DOCUMENT_KEY]: digest } }))
  await keep('alive')
  await registered('alive', document.digest)
  await keep('gone')
  await keep('changed')
  await registered('changed', 'another')
  await keep('young', documentOf(tools, after(15)))
  await keep('foreign', { something: 'else' })

  expect(await sweepDocuments({ directory, keyValue }, after(10))).toBe(0)
  expect(await sweepDocuments({ directory, keyValue }, after(19))).toBe(0)
  expect(await sweepDocuments({ directory, keyValue }, after(20))).toBe(2)
  const left = (await keyValue.list('documents/')).map(({ key }) => key.split('/')[2])
  expect(left).toEqual(['alive', 'foreign', 'young'])
  expect(await sweepDocuments({ directory, keyValue }, after(40))).toBe(1)
})
