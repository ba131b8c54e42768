import { readFile } from 'node:fs/promises'
import { jsonSecret } from '../../domain/json-secret.ts'
import { type Renewable, renewable } from '../../domain/renewable.ts'
import type { CloudAccess } from '../../ports/cloud-access.ts'
import { misconfigured } from './failure.ts'
import type { ManagedCluster } from './kafka-url.ts'

/** Brokers are asked for again after so many ms at the earliest. */
const BROKERS = { leastMs: 10_000, leastAfterFailureMs: 1_000 }
const CERTIFICATES = { leastMs: 5_000, leastAfterFailureMs: 1_000 }

/** The brokers of a managed cluster. */
export function managedBrokers(
  { arn, auth }: ManagedCluster,
  access: Pick<CloudAccess, 'brokers'>,
  now: () => number,
): Renewable<readonly string[]> {
  return renewable(() => access.brokers(arn, auth), { ...BROKERS, now })
}

/** Certificates (PEM) from a file, or from a secret: its text, or `certificate` of its JSON object. */
export function trustedCertificates(
  place: string,
  access: Pick<CloudAccess, 'secret'>,
  now: () => number,
): Renewable<string> {
  return renewable(
    async () => {
      const text = place.startsWith('arn:') ? await access.secret(place) : await fileText(place)
      // A secret of this form is what an event source mapping takes.
      const pem = jsonSecret(text).certificate ?? text
      if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
      throw misconfigured(`ca=${place} holds no certificate (PEM)`)
    },
    { ...CERTIFICATES, now },
  )
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw misconfigured(`ca=${path} can't be read: ${(error as Error).message}`, error)
  }
}
