import type { Outcome } from '../lambda/outcome.ts'
import type { PackedRecords } from '../lambda/pack-records.ts'
import type { MappingPlan } from '../template/mappings.ts'

/** What the thread of the mappings is started with. */
export type MappingSettings = Readonly<{ eventLogUrl: string; mappings: readonly MappingPlan[] }>

/** From the thread of the mappings to the main one. */
export type MappingReport =
  | readonly ['ready']
  | readonly ['invoke', id: number, functionName: string, packed: PackedRecords]
  | readonly [
      'log',
      level: 'warn' | 'error',
      code: string,
      fields: Readonly<Record<string, unknown>>,
    ]
  | readonly ['stopped']
  | readonly ['closed']

/** And back. `stop` begins no batch and waits for those under way; `close` lets go of the event log. */
export type MappingCommand =
  | readonly ['outcome', id: number, outcome: Outcome]
  | readonly ['stop']
  | readonly ['close']
