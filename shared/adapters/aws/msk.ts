import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { Failure } from '../../errors.ts'
import type { ClusterAuth } from '../../ports/cloud-access.ts'
import { awsFailure } from './failure.ts'
import { regionOf } from './region.ts'

const REQUEST_TIMEOUT_MS = 5_000
const MAX_ATTEMPTS = 3

/** Which of the answer's addresses are for which clients within the VPC. */
const FIELDS = {
  iam: 'BootstrapBrokerStringSaslIam',
  scram: 'BootstrapBrokerStringSaslScram',
  tls: 'BootstrapBrokerStringTls',
} as const satisfies Record<ClusterAuth, string>

/**
 * The bootstrap brokers of an MSK cluster, provisioned (Standard or Express) or serverless: all
 * answer `GetBootstrapBrokers`.
 *
 * @throws `Misconfigured`, `Unavailable`
 */
export async function findBrokers(
  clusterArn: string,
  auth: ClusterAuth,
  client: Pick<KafkaClient, 'send'> = newClient(clusterArn),
): Promise<readonly string[]> {
  const what = `the brokers of ${clusterArn} could not be found`
  try {
    const answer = await client.send(new GetBootstrapBrokersCommand({ ClusterArn: clusterArn }), {
      abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    const brokers = answer[FIELDS[auth]]?.split(',').filter((broker) => broker !== '') ?? []
    if (brokers.length > 0) return brokers
  } catch (error) {
    throw awsFailure(
      error,
      what,
      'that the cluster exists and is active, and that this role may kafka:GetBootstrapBrokers',
    )
  }
  throw new Failure('Misconfigured', `${what}: the cluster offers no access by ${auth}`)
}

function newClient(clusterArn: string): KafkaClient {
  return new KafkaClient({ region: regionOf(clusterArn), maxAttempts: MAX_ATTEMPTS })
}
