import { Failure } from '#shared/errors.ts'

/** What people meet who set up AWS access, in words that say what to do. */
const EXPLANATIONS: readonly Readonly<{ name: RegExp; message: RegExp; means: string }>[] = [
  {
    name: /^(CredentialsProviderError|TokenProviderError)$/,
    message: /./,
    means:
      'there are no AWS credentials: sign in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  },
  {
    name: /^(ExpiredToken(Exception)?|InvalidClientTokenId|UnrecognizedClientException)$/,
    message: /./,
    means: 'AWS does not take these credentials: they are expired or wrong; sign in again',
  },
  {
    name: /./,
    message: /Region is missing/,
    means: 'no region is chosen: set AWS_REGION',
  },
  {
    name: /./,
    message: /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT/,
    means: 'AWS can not be reached from here',
  },
]

/** An SDK's error as a failure that says what to do where that is known. */
export function explained(error: unknown): Failure {
  if (error instanceof Failure) return error
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const told = `${(error as { code?: string }).code ?? ''} ${message}`
  const known = EXPLANATIONS.find((one) => one.name.test(name) && one.message.test(told))
  return new Failure('Unavailable', known?.means ?? `AWS answered ${name}: ${message}`, {
    cause: error,
  })
}
