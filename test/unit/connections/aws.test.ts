import type { KafkaClient } from '@aws-sdk/client-kafka'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { databaseToken } from '#shared/adapters/aws/database-token.ts'
import { findBrokers } from '#shared/adapters/aws/msk.ts'
import { mskToken } from '#shared/adapters/aws/msk-token.ts'
import { readSecret } from '#shared/adapters/aws/secrets.ts'
import { secretValue } from '#shared/adapters/secret-value.ts'
import { aCloud, secretArn } from '#test/support/cloud-access.ts'

const CLUSTER = 'arn:aws:kafka:eu-central-1:123456789012:cluster/bridge/0a-1'
const SECRET = secretArn('some')

/** A client of the SDK that answers, or fails, with what it is given. */
function answering<Client>(answer: object, sent: object[] = []): Client {
  const send = async ({ input }: { input: object }) => {
    sent.push(input)
    if (answer instanceof Error) throw answer
    return answer
  }
  // Only `send` is used.
  return { send } as unknown as Client
}

function awsError(name: string, httpStatusCode?: number): Error {
  return Object.assign(new Error('what AWS says'), { name, $metadata: { httpStatusCode } })
}

describe('the brokers of an MSK cluster', () => {
  // The fields that a provisioned cluster with all three answers; serverless has the second alone.
  const provisioned = {
    BootstrapBrokerString: 'b-1.x:9092',
    BootstrapBrokerStringTls: 'b-1.x:9094,b-2.x:9094',
    BootstrapBrokerStringSaslScram: 'b-1.x:9096,b-2.x:9096',
    BootstrapBrokerStringSaslIam: 'b-1.x:9098,b-2.x:9098',
  }

  it.each([
    { auth: 'iam', port: 9098 },
    { auth: 'scram', port: 9096 },
    { auth: 'tls', port: 9094 },
  ] as const)('are those for $auth', async ({ auth, port }) => {
    const sent: object[] = []
    const client = answering<KafkaClient>(provisioned, sent)
    expect(await findBrokers(CLUSTER, auth, client)).toEqual([`b-1.x:${port}`, `b-2.x:${port}`])
    expect(sent).toEqual([{ ClusterArn: CLUSTER }])
  })

  it('are not guessed where the cluster does not offer that', async () => {
    const serverless = { BootstrapBrokerStringSaslIam: 'boot-x.kafka-serverless.eu:9098' }
    const client = answering<KafkaClient>(serverless)
    expect(await findBrokers(CLUSTER, 'iam', client)).toEqual(['boot-x.kafka-serverless.eu:9098'])
    await expect(findBrokers(CLUSTER, 'scram', client)).rejects.toMatchObject({
      kind: 'Misconfigured',
      message: expect.stringContaining('offers no access by scram'),
    })
  })

  it.each([
    { name: 'NotFoundException', status: 404, kind: 'Misconfigured' },
    { name: 'ForbiddenException', status: 403, kind: 'Misconfigured' },
    { name: 'CredentialsProviderError', status: undefined, kind: 'Misconfigured' },
    { name: 'TooManyRequestsException', status: 429, kind: 'Unavailable' },
    { name: 'InternalServerErrorException', status: 500, kind: 'Unavailable' },
    { name: 'TimeoutError', status: undefined, kind: 'Unavailable' },
  ])('are not found: $name is $kind', async ({ name, status, kind }) => {
    const client = answering<KafkaClient>(awsError(name, status))
    await expect(findBrokers(CLUSTER, 'iam', client)).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(new RegExp(`${CLUSTER}.*${name}: what AWS says`)),
    })
  })
})

describe('a secret', () => {
  it('is its text, or its bytes as text', async () => {
    const text = answering<SecretsManagerClient>({ SecretString: 'word' })
    expect(await readSecret(SECRET, text)).toBe('word')
    const bytes = answering<SecretsManagerClient>({
      SecretBinary: new TextEncoder().encode('wörd'),
    })
    expect(await readSecret(SECRET, bytes)).toBe('wörd')
    await expect(readSecret(SECRET, answering({}))).rejects.toMatchObject({ kind: 'Misconfigured' })
  })

  it.each([
    { name: 'ResourceNotFoundException', status: 400, kind: 'Misconfigured' },
    { name: 'AccessDeniedException', status: 400, kind: 'Misconfigured' },
    { name: 'ThrottlingException', status: 400, kind: 'Unavailable' },
    { name: 'InternalServiceError', status: 500, kind: 'Unavailable' },
  ])('is not read: $name is $kind', async ({ name, status, kind }) => {
    const client = answering<SecretsManagerClient>(awsError(name, status))
    await expect(readSecret(SECRET, client)).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(SECRET),
    })
  })
})

describe('a token', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example')
    vi.stubEnv('AWS_SESSION_TOKEN', undefined)
    vi.stubEnv('AWS_REGION', 'eu-north-1')
  })
  afterEach(() => vi.unstubAllEnvs())

  it('for MSK is a signed request of its region, made without asking anyone', async () => {
    const url = new URL(Buffer.from(await mskToken('eu-central-1'), 'base64url').toString())
    expect(url.host).toBe('kafka.eu-central-1.amazonaws.com')
    expect(url.searchParams.get('Action')).toBe('kafka-cluster:Connect')
    expect(url.searchParams.get('X-Amz-Credential')).toMatch(/^AKIDEXAMPLE\/.*\/kafka-cluster\//)
    expect(url.searchParams.get('X-Amz-Expires')).toBe('900')
  })

  it.each([
    { host: 'db.cluster-x.eu-central-1.rds.amazonaws.com', region: 'eu-central-1' },
    { host: 'db.example', region: 'eu-north-1' },
  ])('for the database at $host is one of region $region', async ({ host, region }) => {
    const token = await databaseToken({ host, port: 5432, user: 'bridge' })
    const url = new URL(`https://${token}`)
    expect(url.host).toBe(`${host}:5432`)
    expect(url.searchParams.get('DBUser')).toBe('bridge')
    expect(url.searchParams.get('X-Amz-Credential')).toContain(`/${region}/rds-db/`)
  })

  it('says that there is no identity to make it with', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_CONFIG_FILE', '/none')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/none')
    await expect(mskToken('eu-central-1')).rejects.toMatchObject({
      kind: 'Misconfigured',
      message: expect.stringContaining('AWS credentials'),
    })
    const user = { host: 'db.example', port: 5432, user: 'bridge' }
    await expect(databaseToken(user)).rejects.toMatchObject({ kind: 'Misconfigured' })
  })
})

describe('an environment variable', () => {
  it('is what it says, or the secret that it names, read once', async () => {
    const cloud = aCloud({ secrets: { [SECRET]: JSON.stringify({ key: 'a+/=', other: 'b' }) } })
    expect(await secretValue('c2VjcmV0', cloud)).toBe('c2VjcmV0')
    expect(cloud.asked.secret).toBe(0)
    expect(await secretValue(`secret:${SECRET}#key`, cloud)).toBe('a+/=')
    expect(await secretValue(`secret:${SECRET}#other`, cloud)).toBe('b')
    expect(await secretValue(`secret:${SECRET}`, cloud)).toBe('{"key":"a+/=","other":"b"}')
    expect(cloud.asked.secret).toBe(1)
  })

  it('is refused when it names none, and asked for again after a failure', async () => {
    const arn = secretArn('late')
    const cloud = aCloud()
    await expect(secretValue('secret:late', cloud)).rejects.toMatchObject({ kind: 'InvalidInput' })
    await expect(secretValue(`secret:${arn}`, cloud)).rejects.toThrow('does not exist')
    cloud.secrets[arn] = 'here'
    expect(await secretValue(`secret:${arn}`, cloud)).toBe('here')
    await expect(secretValue(`secret:${arn}#key`, cloud)).rejects.toMatchObject({
      kind: 'Misconfigured',
      message: expect.not.stringContaining('here'),
    })
  })
})
