import type { CountedCall } from '../../ports/traffic.ts'
import { arrayText } from './array-text.ts'
import type { Transaction } from './connect.ts'

/** The calls that were never counted before, each once. */
export async function freshCalls(
  tx: Transaction,
  calls: readonly CountedCall[],
  now: Date,
): Promise<readonly CountedCall[]> {
  const byIdentity = new Map(calls.map((call) => [call.identity, call]))
  const identities = [...byIdentity.keys()].sort()
  if (identities.length === 0) return []
  const rows = await tx<{ identity: string }[]>`
    insert into traffic.seen (identity, day)
    select identity, ${now}::date
    from unnest(${arrayText(identities, (each) => each)}::text::uuid[]) as identity
    on conflict (identity) do nothing
    returning replace(identity::text, '-', '') as identity`
  return rows.flatMap(({ identity }) => byIdentity.get(identity) ?? [])
}

/** Notes that services were called. @returns their names. */
export async function touchServices(
  tx: Transaction,
  calls: readonly CountedCall[],
  now: Date,
): Promise<readonly string[]> {
  const services = [...new Set(calls.map(({ service }) => service))].sort()
  await tx`
    insert into traffic.service (service, called_at)
    select service, ${now} from unnest(${services}::text[]) as service
    on conflict (service) do update set called_at = greatest(service.called_at, excluded.called_at)`
  return services
}
