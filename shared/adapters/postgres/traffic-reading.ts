import { quantile } from '../../domain/sketch/ddsketch.ts'
import { merge, unpack } from '../../domain/sketch/packed.ts'
import { type Arm, emptyArm } from '../../domain/traffic/sequential-test.ts'
import type { JsonType } from '../../domain/traffic/shape.ts'
import type { TrafficReading, VersionTraffic } from '../../ports/traffic-reading.ts'
import { ask, type Sql } from './connect.ts'

type CountRow = Pick<VersionTraffic, 'operation' | 'version' | 'calls' | 'failures'> &
  Readonly<{ sketches: readonly Uint8Array[] }>
type ShapeRow = { operation: string; version: string; place: string; type: JsonType; seen: number }
type ArmRow = Arm & { revision: number; arm: 'canary' | 'baseline' }

/** Reads what `postgresTraffic` keeps. A replica serves as well as the writer. */
export function postgresTrafficReading(sql: Sql): TrafficReading {
  return {
    async versions(service) {
      const [counts, shapes] = await ask(
        Promise.all([
          sql<CountRow[]>`
            select operation, version, sum(calls)::bigint as calls,
              sum(failures)::bigint as failures, array_agg(sketch) as sketches
            from traffic.operation where service = ${service}
            group by operation, version order by operation, version`,
          sql<ShapeRow[]>`
            select operation, version, place, type, seen from traffic.shape
            where service = ${service}`,
        ]),
      )
      const keyOf = ({ operation, version }: Pick<ShapeRow, 'operation' | 'version'>) =>
        `${version} ${operation}`
      const shapeOf = Map.groupBy(shapes, keyOf)
      return counts.map((row) => ({ ...withTimes(row), shape: shapeOf.get(keyOf(row)) ?? [] }))
    },

    async newestTrial(service) {
      const rows = await ask(sql<ArmRow[]>`
        select revision, arm, calls, failures, timed, log_sum as "logSum",
          log_squares as "logSquares"
        from traffic.arm
        where service = ${service}
          and revision = (select max(revision) from traffic.arm where service = ${service})`)
      const [first] = rows
      if (!first) return undefined
      const [verdict] = await ask(sql<{ state: string; why: string }[]>`
        select state, why from traffic.trial
        where service = ${service} and revision = ${first.revision}`)
      const side = (name: string) => rows.find(({ arm }) => arm === name) ?? emptyArm
      const { state, why } = verdict ?? { state: 'collecting', why: 'nothing is certain yet' }
      return {
        ...{ revision: first.revision, state, why },
        ...{ canary: side('canary'), baseline: side('baseline') },
      }
    },
  }
}

function withTimes({ sketches, ...row }: CountRow): Omit<VersionTraffic, 'shape'> {
  const buckets = merge(sketches.map((sketch) => ({ buckets: unpack(sketch), weight: 1 })))
  const ms = (q: number) => Number(((quantile(buckets, q) ?? 0) / 1_000).toPrecision(4))
  return { ...row, p50Ms: ms(0.5), p95Ms: ms(0.95) }
}
