import { describe, expect, it } from 'vitest'
import { explained } from '#commands/deploy/explained.ts'
import { Failure } from '#shared/errors.ts'

const named = (name: string, message: string) => Object.assign(new Error(message), { name })

describe('an error of the AWS SDK', () => {
  it.each([
    {
      error: named('CredentialsProviderError', 'Could not load credentials from any providers'),
      says: 'there are no AWS credentials',
    },
    {
      error: named('ExpiredToken', 'The security token included in the request is expired'),
      says: 'sign in again',
    },
    { error: new Error('Region is missing'), says: 'set AWS_REGION' },
    {
      error: named('TimeoutError', 'connect ECONNREFUSED 127.0.0.1:1'),
      says: 'can not be reached',
    },
    { error: named('Odd', 'out of the blue'), says: 'AWS answered Odd: out of the blue' },
  ])('says what to do: $says', ({ error, says }) => {
    const failure = explained(error)
    expect(failure).toMatchObject({ kind: 'Unavailable', cause: error })
    expect(failure.message).toContain(says)
  })

  it('is left as it is when it says so already', () => {
    const failure = new Failure('NotFound', 'gone')
    expect(explained(failure)).toBe(failure)
  })
})
