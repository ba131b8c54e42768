import { randomBytes } from 'node:crypto'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { readSecret } from '#shared/adapters/aws/secrets.ts'
import { secretValue } from '#shared/adapters/secret-value.ts'
import { secretArn } from '#test/support/cloud-access.ts'

describe('a secret in Secrets Manager', () => {
  if (!process.env.AWS_ENDPOINT_URL) {
    it.skip('is not run: AWS_ENDPOINT_URL is not set', () => undefined)
    return
  }
  let client: SecretsManagerClient
  let arn: string
  beforeEach(async () => {
    client = new SecretsManagerClient({})
    const created = await client.send(
      new CreateSecretCommand({
        Name: `test/${randomBytes(6).toString('hex')}`,
        SecretString: JSON.stringify({ key: 'first' }),
      }),
    )
    arn = created.ARN ?? ''
    onTestFinished(async () => {
      await client.send(
        new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }),
      )
    })
  })

  it('stands for an environment variable, and is read anew when asked anew', async () => {
    expect(await secretValue(`secret:${arn}#key`)).toBe('first')
    expect(await readSecret(arn)).toBe('{"key":"first"}')
    await client.send(new PutSecretValueCommand({ SecretId: arn, SecretString: 'second' }))
    expect(await readSecret(arn)).toBe('second')
  })

  it('is named when it is not there', async () => {
    const missing = secretArn('missing')
    await expect(readSecret(missing)).rejects.toMatchObject({
      kind: 'Misconfigured',
      message: expect.stringMatching(new RegExp(`${missing}.*check that it exists`)),
    })
  })

  it('is Unavailable while nothing answers', async () => {
    const nobody = new SecretsManagerClient({ endpoint: 'http://127.0.0.1:1', maxAttempts: 1 })
    await expect(readSecret(arn, nobody)).rejects.toMatchObject({ kind: 'Unavailable' })
  })
})
