import { expect, it } from 'vitest'
import { chooseCredential, isTokenLike } from '#shared/domain/http/credentials.ts'
import { presentedBy } from '#shared/domain/http/presented.ts'

const authorization = (text: string) => ({ type: 'text', credential: 'authorization', text })
const apiKey = (text: string) => ({ type: 'text', credential: 'x-api-key', text })
const unusable = { type: 'unusable', reason: expect.any(String) }

it.each([
  { what: 'nothing', chosen: { type: 'none' } },
  { what: 'a bearer', authorization: 'Bearer omni_1', chosen: authorization('omni_1') },
  { what: 'any case and spaces', authorization: 'bEARER   a  ', chosen: authorization('a') },
  { what: 'a key header', apiKey: 'omni_1', chosen: apiKey('omni_1') },
  { what: 'a key header of another form', apiKey: 'first', chosen: apiKey('first') },
  {
    what: 'a bearer beside a usage plan’s key',
    authorization: 'Bearer omni_1',
    apiKey: 'plan',
    chosen: authorization('omni_1'),
  },
  {
    what: 'our key beside a token for the upstream',
    authorization: 'Bearer a.b.c',
    apiKey: 'omni_1',
    chosen: apiKey('omni_1'),
  },
  {
    what: 'our key beside a login for the upstream',
    authorization: 'Basic dTpw',
    apiKey: 'omni_1',
    chosen: apiKey('omni_1'),
  },
  { what: 'two keys of ours', authorization: 'Bearer omni_1', apiKey: 'omni_2', chosen: unusable },
  {
    what: 'one key of ours twice',
    authorization: 'Bearer omni_1',
    apiKey: 'omni_1',
    chosen: unusable,
  },
  { what: 'a bearer of nothing', authorization: 'Bearer', certificate: true, chosen: unusable },
  { what: 'a bearer of two', authorization: 'Bearer a b', certificate: true, chosen: unusable },
  {
    what: 'a bearer behind a login',
    authorization: 'Basic dTpw,Bearer omni_1',
    certificate: true,
    chosen: unusable,
  },
  { what: 'a scheme not ours', authorization: 'Basic dTpw', chosen: { type: 'none' } },
  {
    what: 'a certificate beside a login for the upstream',
    authorization: 'Basic dTpw',
    certificate: true,
    chosen: { type: 'certificate' },
  },
  {
    what: 'a certificate beside a bearer',
    authorization: 'Bearer a',
    certificate: true,
    chosen: authorization('a'),
  },
  { what: 'a certificate', certificate: true, chosen: { type: 'certificate' } },
])('$what is one credential', ({ certificate = false, chosen, ...texts }) => {
  expect(
    chooseCredential({ authorization: undefined, apiKey: undefined, ...texts }, certificate),
  ).toEqual(chosen)
})

it.each(['Authorization', 'x-API-key'])('no credential is in a %s that comes twice', (name) => {
  const presented = presentedBy({
    headers: { [name]: 'Bearer omni_2' },
    multiValueHeaders: { [name]: ['Bearer omni_1', 'Bearer omni_2'] },
    requestContext: {},
  })
  const chosen = chooseCredential(presented, false)
  expect(chosen.type === 'text' ? chosen.text : '').not.toMatch(/^omni_\d$/)
  expect(chosen.type).not.toBe('none')
})

it('takes a certificate from the gateway alone, never from a header', () => {
  const presented = presentedBy({
    headers: { 'x-client-cert': 'PEM', 'x-amzn-mtls-clientcert': 'PEM' },
    requestContext: { identity: null },
  })
  expect(presented).toMatchObject({ certificate: undefined, certificatePem: undefined })
})

it.each([
  ['a.b.c', true],
  ['a.b.', true],
  ['omni_0123_abc', false],
  ['a.b', false],
  ['a.b.c.d.e', false],
  ['a.b.c\n', false],
  [`a.b.${'c'.repeat(16_381)}`, false],
])('%.20j has the form of a token: %s', (text, is) => {
  expect(isTokenLike(text)).toBe(is)
})
