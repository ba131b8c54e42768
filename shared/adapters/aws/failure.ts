import { Failure } from '../../errors.ts'

const THROTTLED = /Throttl|TooManyRequests|LimitExceeded|RequestTimeout|SlowDown/

type AwsError = Error & { $metadata?: { httpStatusCode?: number } }

/**
 * Renames an error of the AWS SDK: what AWS refuses is `Misconfigured`, everything else (no answer,
 * throttled, its own fault) `Unavailable`.
 *
 * @param what what was asked, as the message's beginning
 * @param check what someone should look at when it was refused
 */
export function awsFailure(error: unknown, what: string, check: string): Failure {
  if (error instanceof Failure) return error
  const { name, message, $metadata } = error as AwsError
  const options = { cause: error }
  return isRefusal(name, $metadata?.httpStatusCode)
    ? new Failure('Misconfigured', `${what}: ${name}: ${message}; check ${check}`, options)
    : new Failure('Unavailable', `${what}: ${name}: ${message}`, options)
}

function isRefusal(name: string, status: number | undefined): boolean {
  // No identity to sign with: there is no answer with a status then.
  if (name === 'CredentialsProviderError') return true
  return status !== undefined && status >= 400 && status < 500 && !THROTTLED.test(name)
}
