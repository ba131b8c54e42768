import { createHash } from 'node:crypto'
import type { Observation } from '#shared/domain/patterns/observation.ts'

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)

let arrivals = 0

type Told = Partial<Omit<Observation, 'identity' | 'session' | 'call'>> &
  Readonly<{ id?: string; session?: string | null; call?: string }>

/** An observation with what matters told; it arrives after those made before it. */
export function anObservation({ id, session = 's', call, ...told }: Told): Observation {
  arrivals += 1
  const source = told.source ?? 'agent'
  return {
    source,
    operation: 'Read',
    phase: 'point',
    outcome: null,
    duration: null,
    at: 1_700_000_000_000_000 + arrivals * 1_000,
    arrival: 1_800_000_000_000_000 + arrivals,
    ...told,
    identity: digest(`${source}\n${id ?? `made-${arrivals}`}`),
    session: session === null ? null : digest(session),
    call: call === undefined ? 0 : Number.parseInt(digest(call).slice(0, 13), 16),
  }
}
