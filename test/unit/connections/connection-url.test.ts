import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConnectionUrl, withoutSecrets } from '#shared/domain/connection-url.ts'

describe('a connection URL', () => {
  it('is taken apart', () => {
    expect(
      parseConnectionUrl('kafkas://u%40x:p%3Aq@a:1,b:2/?secret=arn:x/y+z=1&ca=%2Fca.pem'),
    ).toEqual({
      scheme: 'kafkas',
      user: 'u@x',
      password: 'p:q',
      authority: 'a:1,b:2',
      path: '/',
      parameters: new Map([
        ['secret', 'arn:x/y+z=1'],
        ['ca', '/ca.pem'],
      ]),
    })
    expect(parseConnectionUrl('msk:arn:aws:kafka:eu-1:1:cluster/n/u?auth=iam')).toMatchObject({
      ...{ scheme: 'msk', authority: 'arn:aws:kafka:eu-1:1:cluster/n/u' },
      parameters: new Map([['auth', 'iam']]),
    })
  })

  it.each(['', 'kafka', '://a', 'kafka://u:%zz@a:1'])('is none as "%s"', (url) => {
    expect(parseConnectionUrl(url)).toBeUndefined()
  })

  it.each([
    ['postgres://u:secret@h:5/db', 'postgres://u@h:5/db'],
    ['postgres://u:se@cr/et?x@h:5/db?sslmode=require', 'postgres://u@h:5/db?sslmode=require'],
    ['postgres://u@h:5/db?secret=arn:aws:s:a@b', 'postgres://u@h:5/db?secret=arn:aws:s:a@b'],
    ['postgres://u@h/db?password=secret&x=1', 'postgres://u@h/db?password=hidden&x=1'],
    ['kafka://a:1,b:2', 'kafka://a:1,b:2'],
    [
      'msk:arn:aws:kafka:eu-1:1:cluster/n/u?auth=iam',
      'msk:arn:aws:kafka:eu-1:1:cluster/n/u?auth=iam',
    ],
  ])('%s is shown as %s', (url, shown) => {
    expect(withoutSecrets(url)).toBe(shown)
  })

  it('never shows a password', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 4 }),
        fc.constantFrom('kafkas', 'postgres'),
        (text, scheme) => {
          const password = `#${text}#`
          for (const written of [password, encodeURIComponent(password)]) {
            expect(withoutSecrets(`${scheme}://user:${written}@host:1/x`)).not.toContain(written)
          }
        },
      ),
    )
  })
})
