import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js'
import { Failure } from '../../errors.ts'

/**
 * A token for SASL/OAUTHBEARER that lets this identity into the MSK clusters of a region: a signed
 * request, valid for 15 minutes, made without asking anyone.
 *
 * @throws `Misconfigured` without AWS credentials
 */
export async function mskToken(region: string): Promise<string> {
  try {
    const { token } = await generateAuthToken({ region })
    return token
  } catch (error) {
    throw new Failure(
      'Misconfigured',
      `no token for MSK in ${region}: ${(error as Error).message}; check this process's AWS credentials`,
      { cause: error },
    )
  }
}
