import { bucketOf } from '../../domain/sketch/ddsketch.ts'
import { merge, pack, unpack } from '../../domain/sketch/packed.ts'
import { SLOW_MS } from '../../domain/traffic/advice.ts'
import type { CountedCall } from '../../ports/traffic.ts'
import type { Transaction } from './connect.ts'

type OperationCount = {
  service: string
  version: string
  operation: string
  calls: number
  failures: number
  slow: number
  buckets: Map<number, number>
}

/** Adds calls to the counts of their operations in this hour. */
export async function countOperations(
  tx: Transaction,
  calls: readonly CountedCall[],
  now: Date,
): Promise<void> {
  const counts = countsOf(calls)
  const services = counts.map(({ service }) => service)
  const versions = counts.map(({ version }) => version)
  const operations = counts.map(({ operation }) => operation)
  // The rows are there, and ours until the transaction ends, before their sketches are read.
  const rows = await tx<{ key: string; sketch: Uint8Array }[]>`
    insert into traffic.operation as kept
      (service, version, operation, hour, calls, failures, slow, sketch)
    select service, version, operation, date_trunc('hour', ${now}::timestamptz),
      calls, failures, slow, ''
    from unnest(${services}::text[], ${versions}::text[], ${operations}::text[],
      ${counts.map(({ calls: each }) => each)}::bigint[],
      ${counts.map(({ failures }) => failures)}::bigint[],
      ${counts.map(({ slow }) => slow)}::bigint[]
    ) as news (service, version, operation, calls, failures, slow)
    on conflict (service, version, operation, hour) do update set
      calls = kept.calls + excluded.calls,
      failures = kept.failures + excluded.failures,
      slow = kept.slow + excluded.slow
    returning concat_ws(' ', service, version, operation) as key, sketch`
  const known = new Map(rows.map(({ key, sketch }) => [key, unpack(sketch)]))
  const packed = counts.map((count) => {
    const news = [...count.buckets].map(([bucket, times]) => ({ bucket, count: times }))
    const sketches = [known.get(keyOf(count)) ?? [], news]
    const merged = merge(sketches.map((buckets) => ({ buckets, weight: 1 })))
    return Buffer.from(pack(merged)).toString('hex')
  })
  await tx`
    update traffic.operation kept set sketch = decode(news.packed, 'hex')
    from unnest(${services}::text[], ${versions}::text[], ${operations}::text[], ${packed}::text[])
      as news (service, version, operation, packed)
    where (kept.service, kept.version, kept.operation)
      = (news.service, news.version, news.operation)
      and kept.hour = date_trunc('hour', ${now}::timestamptz)`
}

const keyOf = ({ service, version, operation }: Omit<OperationCount, 'buckets'>) =>
  `${service} ${version} ${operation}`

function countsOf(calls: readonly CountedCall[]): readonly OperationCount[] {
  const counts = new Map<string, OperationCount>()
  for (const { service, version, operation, failed, ms } of calls) {
    const none = { service, version, operation, calls: 0, failures: 0, slow: 0 }
    const count = counts.get(keyOf(none)) ?? { ...none, buckets: new Map() }
    counts.set(keyOf(none), count)
    const bucket = bucketOf(ms * 1_000)
    count.calls += 1
    count.failures += Number(failed)
    count.slow += Number(ms > SLOW_MS)
    count.buckets.set(bucket, (count.buckets.get(bucket) ?? 0) + 1)
  }
  return [...counts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count)
}
