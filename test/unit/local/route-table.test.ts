import { describe, expect, it } from 'vitest'
import { parameterNames, routeTable } from '#local/http/route-table.ts'

const routes = [
  { method: 'POST', path: '/hooks' },
  { method: 'POST', path: '/hooks/{source}' },
  { method: 'GET', path: '/hooks/known' },
  { method: 'GET', path: '/events/{id}/parts/{part}' },
  { method: 'ANY', path: '/proxy/{service}/{path+}' },
  { method: 'GET', path: '/' },
]
const find = routeTable(routes)

describe('finding a route', () => {
  it.each([
    ['POST', '/hooks', 0, []],
    ['POST', '/hooks/', 0, []],
    ['POST', '/hooks/github', 1, ['github']],
    ['POST', '/hooks/a%20b%2Fc', 1, ['a b/c']],
    ['GET', '/hooks/known', 2, []],
    ['GET', '/events/1/parts/2', 3, ['1', '2']],
    ['DELETE', '/proxy/billing/v1/bills', 4, ['billing', 'v1/bills']],
    ['GET', '/', 5, []],
  ])('%s %s is route %i', (method, path, index, params) => {
    expect(find(method, path)).toEqual({ type: 'found', index, params })
  })

  it.each(['/hook', '/hooks/a/b', '/events', '/events/1', '/proxy/billing', '//hooks'])(
    '%s is unknown',
    (path) => {
      expect(find('GET', path)).toEqual({ type: 'unknown' })
    },
  )

  it('says which methods a path takes', () => {
    expect(find('GET', '/hooks')).toEqual({ type: 'wrong-method', allowed: ['POST'] })
  })

  it('refuses a parameter that is no percent-encoding', () => {
    expect(find('POST', '/hooks/%zz')).toEqual({ type: 'malformed', index: 1 })
  })

  it('knows the parameters of a path', () => {
    expect(parameterNames('/proxy/{service}/{path+}')).toEqual(['service', 'path'])
  })
})
