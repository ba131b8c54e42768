import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Failure } from '../../errors.ts'
import { awsFailure } from './failure.ts'
import { regionOf } from './region.ts'

const REQUEST_TIMEOUT_MS = 3_000
const MAX_ATTEMPTS = 3

const clients = new Map<string, SecretsManagerClient>()

/**
 * The current text of a secret in Secrets Manager, in the region that its ARN names.
 *
 * @throws `Misconfigured`, `Unavailable`
 */
export async function readSecret(
  arn: string,
  client: Pick<SecretsManagerClient, 'send'> = clientOf(regionOf(arn)),
): Promise<string> {
  const what = `secret ${arn} could not be read`
  try {
    const { SecretString, SecretBinary } = await client.send(
      new GetSecretValueCommand({ SecretId: arn }),
      { abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) },
    )
    if (SecretString !== undefined) return SecretString
    if (SecretBinary !== undefined) return Buffer.from(SecretBinary).toString('utf8')
  } catch (error) {
    throw awsFailure(
      error,
      what,
      'that it exists and that this role may secretsmanager:GetSecretValue and decrypt its key',
    )
  }
  throw new Failure('Misconfigured', `${what}: it has no value yet`)
}

function clientOf(region: string): SecretsManagerClient {
  const known = clients.get(region)
  if (known) return known
  const client = new SecretsManagerClient({ region, maxAttempts: MAX_ATTEMPTS })
  clients.set(region, client)
  return client
}
