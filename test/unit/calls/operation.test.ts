import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { declaredOperation, operationOf } from '#shared/domain/calls/operation.ts'
import { OTHER_OPERATION, operationNames } from '#shared/domain/calls/operation-names.ts'

describe('an operation nobody declared', () => {
  it.each([
    ['/', 'GET /'],
    ['', 'GET /'],
    ['/invoices', 'GET /invoices'],
    ['/invoices/', 'GET /invoices/'],
    ['/invoices?status=open', 'GET /invoices'],
    ['/invoices/42', 'GET /invoices/{id}'],
    ['/invoices/42/lines/7?x=1', 'GET /invoices/{id}/lines/{id}'],
    ['/invoices/INV-2026-0042', 'GET /invoices/{id}'],
    ['/invoices/550e8400-e29b-41d4-a716-446655440000', 'GET /invoices/{id}'],
    ['/objects/deadbeefcafe', 'GET /objects/{id}'],
    ['/objects/66f1c0ffee1234567890abcd', 'GET /objects/{id}'],
    ['/files/qXzRtYbNmKlPvWsD', 'GET /files/{id}'],
    ['/users/ada@example.com', 'GET /users/{id}'],
    ['/search/hello%20world', 'GET /search/{id}'],
    ['/v1/users', 'GET /v1/users'],
    ['/v2.1/users', 'GET /v2.1/users'],
    ['/api/v1beta1/things', 'GET /api/v1beta1/things'],
    ['/oauth2/authorize', 'GET /oauth2/authorize'],
    ['/.well-known/openid-configuration', 'GET /.well-known/openid-configuration'],
    ['/getUserProfile', 'GET /getUserProfile'],
    ['/users/me/notification_settings', 'GET /users/me/notification_settings'],
    ['/projects/123:cancel', 'GET /projects/{id}:cancel'],
    ['/reports/2026-11-20', 'GET /reports/{id}'],
    ['/a/b/c/d/e/f/g/h/i/j', 'GET /a/b/c/d/e/f/g/h/...'],
    [`/${'x'.repeat(60)}`, 'GET /{id}'],
  ])('%s is %s', (target, operation) => {
    expect(operationOf('GET', target)).toBe(operation)
  })

  it('never has an id in it, and is never long', () => {
    const id = fc.oneof(
      fc.uuid(),
      fc.nat().map(String),
      fc.stringMatching(/^[0-9a-f]{16,40}$/),
      fc.stringMatching(/^[A-Z]{2,4}-[0-9]{1,8}$/),
    )
    fc.assert(
      fc.property(fc.array(id, { minLength: 1, maxLength: 20 }), (ids) => {
        const operation = operationOf('GET', `/${ids.join('/')}`)
        expect(operation).toMatch(/^GET (\/\{id\}){1,8}(\/\.\.\.)?$/)
      }),
    )
  })

  it('is shorter than 400 characters whatever was asked for', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), fc.string(), (target, method) => {
        expect(operationOf(method, `/${target}`).length).toBeLessThan(400)
      }),
    )
  })
})

describe('a declared operation', () => {
  const declared = [
    { method: 'GET', path: '/invoices/{id}' },
    { method: 'GET', path: '/invoices/latest' },
    { method: 'GET', path: '/{collection}/{id}' },
    { method: 'GET', path: '/users/{name}/{what}' },
    { method: 'GET', path: '/users/{name}/avatar' },
    { method: 'POST', path: '/invoices/{id}:cancel' },
  ]

  it.each([
    ['GET', '/invoices/abc?x=1', 'GET /invoices/{id}'],
    ['GET', '/invoices/latest', 'GET /invoices/latest'],
    ['GET', '/orders/latest', 'GET /{collection}/{id}'],
    ['GET', '/users/ada/avatar', 'GET /users/{name}/avatar'],
    ['GET', '/users/ada/friends', 'GET /users/{name}/{what}'],
    ['POST', '/invoices/7:cancel', 'POST /invoices/{id}:cancel'],
    ['POST', '/invoices/7', 'POST /invoices/{id}'],
    ['DELETE', '/invoices/latest', 'DELETE /invoices/latest'],
    ['GET', '/invoices/', 'GET /invoices/'],
  ])('%s %s is %s', (method, target, operation) => {
    expect(operationOf(method, target, declared)).toBe(operation)
  })

  it('is found in whatever order they were declared', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(declared, { minLength: declared.length }), (shuffled) => {
        expect(declaredOperation('GET', '/invoices/latest', shuffled)?.path).toBe(
          '/invoices/latest',
        )
        expect(declaredOperation('GET', '/users/x/avatar', shuffled)?.path).toBe(
          '/users/{name}/avatar',
        )
      }),
    )
  })
})

describe('names that are learned', () => {
  it('are so many per service, and the rest is one', () => {
    const names = operationNames(2)
    expect(names.admit('a', 'GET /x')).toBe('GET /x')
    expect(names.admit('a', 'GET /y')).toBe('GET /y')
    expect(names.admit('a', 'GET /z')).toBe(OTHER_OPERATION)
    expect(names.admit('a', 'GET /x')).toBe('GET /x')
    expect(names.admit('b', 'GET /z')).toBe('GET /z')
  })

  it('are forgotten with the service that came first when there are too many services', () => {
    const names = operationNames(1, 2)
    names.admit('a', 'GET /x')
    names.admit('b', 'GET /x')
    names.admit('c', 'GET /x')
    expect(names.admit('a', 'GET /y')).toBe('GET /y')
    expect(names.admit('c', 'GET /y')).toBe(OTHER_OPERATION)
  })
})
