import { Signer } from '@aws-sdk/rds-signer'
import { Failure } from '../../errors.ts'
import type { DatabaseUser } from '../../ports/cloud-access.ts'

/** `cluster.cluster-id.eu-central-1.rds.amazonaws.com` names its region. */
const REGION = /\.([a-z]{2,}-[a-z-]+-\d+)\.rds\.amazonaws\.com/

/**
 * A password for an RDS or Aurora user who was granted `rds_iam`: a signed request, valid for 15
 * minutes, made without asking anyone. The host must be the database's own name, not an alias.
 *
 * @throws `Misconfigured` without AWS credentials or without a region
 */
export async function databaseToken({ host, port, user }: DatabaseUser): Promise<string> {
  const region = REGION.exec(host)?.[1]
  try {
    const signer = new Signer({
      ...{ hostname: host, port, username: user },
      ...(region === undefined ? {} : { region }),
    })
    return await signer.getAuthToken()
  } catch (error) {
    throw new Failure(
      'Misconfigured',
      `no token for ${user} at ${host}: ${(error as Error).message}; check this process's AWS credentials and region`,
      { cause: error },
    )
  }
}
