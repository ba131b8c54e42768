import { describe, expect, it } from 'vitest'
import { routes } from '#functions/tool-proxy/schema.ts'
import { openapiDocument } from '#shared/domain/http/openapi.ts'

describe('a route that takes every method and the rest of a path', () => {
  it('is written as each of the methods, with a parameter that OpenAPI knows', () => {
    const documented = routes.map((route) => ({ route, functionName: 'tool-proxy' }))
    const info = { title: 't', version: '1', description: 'd' }
    const { paths } = openapiDocument(documented, info, () => ({})) as {
      paths: Record<string, Record<string, { operationId: string; parameters: unknown[] }>>
    }
    expect(Object.keys(paths)).toEqual(['/proxy/{service}', '/proxy/{service}/{path}'])
    const methods = Object.keys(paths['/proxy/{service}/{path}'] ?? {})
    expect(methods.sort()).toEqual(['delete', 'get', 'head', 'options', 'patch', 'post', 'put'])
    const all = Object.values(paths).flatMap((path) => Object.values(path))
    expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(14)
    expect(paths['/proxy/{service}/{path}']?.patch?.parameters).toMatchObject([
      { name: 'service', in: 'path' },
      { name: 'path', in: 'path' },
    ])
  })
})
