import type { KafkaConfig } from 'kafkajs'
import { Failure } from '../../errors.ts'
import type { CloudAccess } from '../../ports/cloud-access.ts'
import { authentication } from './authentication.ts'
import { unavailable } from './failure.ts'
import type { ManagedCluster, Security } from './kafka-url.ts'
import { type Refusals, rememberRefusals } from './refusals.ts'
import { managedBrokers, trustedCertificates } from './seeds.ts'
import { tlsSockets } from './sockets.ts'

/** What kafkajs needs for TLS and SASL, and what is known of being refused. */
export type SecuredSettings = Readonly<
  Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl' | 'socketFactory'> & { refusals: Refusals }
>

/** An address for when none is known; nothing connects to it, since what kept it unknown is a refusal. */
const UNKNOWN = 'unknown:0'

/**
 * How to reach a Kafka over TLS. kafkajs asks for the brokers whenever it begins anew, before it
 * connects: then certificates and a managed cluster's brokers are read, or read again when they were
 * of no use.
 *
 * @param now monotonic clock, ms
 */
export function securedSettings(
  brokers: readonly string[] | ManagedCluster,
  security: Security,
  access: CloudAccess,
  now: () => number,
): SecuredSettings {
  const refusals = rememberRefusals(now)
  const { login } = security
  const ca = security.ca === undefined ? undefined : trustedCertificates(security.ca, access, now)
  const found = 'arn' in brokers ? managedBrokers(brokers, access, now) : undefined
  const given = 'arn' in brokers ? [] : brokers
  let attemptsInVain = 0

  async function seeds(): Promise<string[]> {
    try {
      await ca?.current()
      // As many attempts as there are brokers, and none reached one.
      if (found && attemptsInVain > (found.held()?.length ?? 0)) found.doubt()
      return [...(await (found?.current() ?? given))]
    } catch (error) {
      refusals.refused(error instanceof Failure ? error : unavailable(String(error), error))
      return [UNKNOWN]
    }
  }

  const socketFactory = tlsSockets({
    ca: () => ca?.held(),
    refusals,
    onAttempt: () => attemptsInVain++,
    onSecure: () => {
      attemptsInVain = 0
      if (!login) refusals.accepted()
    },
    onDistrust: () => ca?.doubt(),
  })
  const sasl = login && authentication(login, refusals, access, now)
  return { brokers: seeds, ssl: true, ...(sasl ? { sasl } : {}), socketFactory, refusals }
}
