import { describe, expect, it } from 'vitest'
import { readProxyTarget } from '#shared/domain/proxy/proxy-target.ts'

describe('the target of a call', () => {
  it.each([
    ['/proxy/billing', 'billing', '/'],
    ['/proxy/billing/', 'billing', '/'],
    ['/proxy/billing?a=1', 'billing', '/?a=1'],
    ['/proxy/billing/?', 'billing', '/?'],
    ['/proxy/billing/v1/a%2Fb/c?x=%20&&y=[1]&z=a+b', 'billing', '/v1/a%2Fb/c?x=%20&&y=[1]&z=a+b'],
    ['/proxy/billing//a//', 'billing', '//a//'],
    ['/proxy/billing/a?b=/../c', 'billing', '/a?b=/../c'],
    ['/proxy/billing/...', 'billing', '/...'],
    ['/proxy/billing/.well-known/x', 'billing', '/.well-known/x'],
    ['/proxy//a', '', '/a'],
  ])('%s asks %s for %s, byte for byte', (given, service, target) => {
    expect(readProxyTarget(given)).toMatchObject({ type: 'target', service, target })
  })

  it.each([
    ['dots', '/proxy/billing/a/../admin'],
    ['one dot', '/proxy/billing/a/./b'],
    ['dots at the end', '/proxy/billing/a/..'],
    ['dots at the beginning', '/proxy/billing/../other/x'],
    ['escaped dots', '/proxy/billing/a/%2e%2E/admin'],
    ['a dot and an escaped one', '/proxy/billing/a/.%2e/admin'],
    ['an escaped slash before dots', '/proxy/billing/a%2F..%2fadmin'],
    ['an escaped backslash before dots', '/proxy/billing/a%5c..%5cadmin'],
    ['dots with a parameter', '/proxy/billing/a/..;x/admin'],
    ['a backslash', '/proxy/billing/a\\..\\admin'],
    ['a space', '/proxy/billing/a b'],
    ['a fragment', '/proxy/billing/a#b'],
    ['a byte above ASCII', '/proxy/billing/\u00e9'],
    ['a control character', '/proxy/billing/\x01'],
    ['another path', '/other/billing'],
  ])('with %s is refused', (_, given) => {
    expect(readProxyTarget(given)).toMatchObject({ type: 'refusal', status: 400 })
  })

  it.each([
    ['/proxy/b/%61dmin', '/admin'],
    ['/proxy/b/%7Euser/%2D?x=%61', '/~user/-?x=%61'],
    ['/proxy/b/a%2Fb%20', '/a%2Fb%20'],
    ['/proxy/b/plain', '/plain'],
  ])('%s is judged as %s (RFC 3986, 6.2.2.2)', (given, judged) => {
    expect(readProxyTarget(given)).toMatchObject({ judged })
  })
})
