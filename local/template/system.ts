import { type ApiPlan, apiOf } from './api.ts'
import type { Assembly } from './assembly.ts'
import { type FunctionPlan, functionsOf, namesOf } from './functions.ts'
import { type MappingPlan, mappingsOf } from './mappings.ts'
import { type QueueMappingPlan, queueMappingsOf } from './queues.ts'
import { type SchedulePlan, schedulesOf } from './schedules.ts'
import { resolveStacks } from './stacks.ts'

/** Everything a template says that this place runs. */
export type SystemPlan = Readonly<{
  functions: readonly FunctionPlan[]
  api: ApiPlan
  mappings: readonly MappingPlan[]
  queueMappings: readonly QueueMappingPlan[]
  schedules: readonly SchedulePlan[]
}>

/** Reads what is to run from a synthesised stage. @throws `Error` for what can't be run here. */
export function planSystem(
  assembly: Assembly,
  parameters: Readonly<Record<string, unknown>>,
): SystemPlan {
  const resources = resolveStacks(assembly.templates, parameters)
  const functions = functionsOf(resources, assembly.assets)
  const nameOf = namesOf(functions)
  return {
    functions,
    api: apiOf(resources, nameOf),
    mappings: mappingsOf(resources, nameOf),
    queueMappings: queueMappingsOf(resources, nameOf),
    schedules: schedulesOf(resources, nameOf),
  }
}
