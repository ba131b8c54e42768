import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { describeApi, documentFile } from '#commands/openapi/document.ts'

it('stands in docs/reference as the schemas say; `node commands/openapi.ts` writes it', async () => {
  const kept = JSON.parse(await readFile(documentFile, 'utf8'))
  expect(JSON.parse(await describeApi())).toEqual(kept)
})

it('gives every operation its access, a problem for what goes wrong, and a name of its own', async () => {
  const { openapi, paths } = JSON.parse(await describeApi())
  expect(openapi).toBe('3.1.1')
  const operations = Object.values<Record<string, Operation>>(paths).flatMap((path) =>
    Object.values(path),
  )
  expect(operations.length).toBeGreaterThan(20)
  for (const { security, responses } of operations) {
    expect(security).toBeDefined()
    expect(responses.default).toEqual({ $ref: '#/components/responses/Problem' })
  }
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
})

type Operation = {
  operationId: string
  security: unknown
  responses: Record<string, unknown>
}
