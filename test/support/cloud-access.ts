import { Failure } from '#shared/errors.ts'
import type { CloudAccess } from '#shared/ports/cloud-access.ts'

/** A cloud whose secrets, brokers and tokens a test sets, and that counts what it is asked. */
export type CloudUnderTest = CloudAccess & {
  secrets: Record<string, string>
  clusterBrokers: string[]
  token: string
  readonly asked: { secret: number; brokers: number; tokens: number }
}

export function aCloud(given: Partial<CloudUnderTest> = {}): CloudUnderTest {
  const asked = { secret: 0, brokers: 0, tokens: 0 }
  const cloud: CloudUnderTest = {
    ...{ secrets: {}, clusterBrokers: [], token: '', asked },
    async secret(arn) {
      asked.secret++
      const text = cloud.secrets[arn]
      if (text !== undefined) return text
      throw new Failure('Misconfigured', `secret ${arn} does not exist`)
    },
    async brokers() {
      asked.brokers++
      return cloud.clusterBrokers
    },
    async kafkaToken() {
      asked.tokens++
      return cloud.token
    },
    async databaseToken() {
      asked.tokens++
      return cloud.token
    },
    ...given,
  }
  return cloud
}

/** An ARN for the secret of that name. */
export const secretArn = (name: string) =>
  `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`
