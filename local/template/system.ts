import { type ApiPlan, apiOf } from './api.ts'
import type { Assembly } from './assembly.ts'
import { type FunctionPlan, functionsOf } from './functions.ts'
import { type MappingPlan, mappingsOf } from './mappings.ts'
import { type SchedulePlan, schedulesOf } from './schedules.ts'
import { resolveStacks } from './stacks.ts'

/** Everything a template says that this place runs. */
export type SystemPlan = Readonly<{
  functions: readonly FunctionPlan[]
  api: ApiPlan
  mappings: readonly MappingPlan[]
  schedules: readonly SchedulePlan[]
}>

/** Reads what is to run from a synthesised stage. @throws `Error` for what can't be run here. */
export function planSystem(
  assembly: Assembly,
  parameters: Readonly<Record<string, unknown>>,
): SystemPlan {
  const resources = resolveStacks(assembly.templates, parameters)
  const functions = functionsOf(resources, assembly.assets)
  const nameOf = (arn: string) => {
    const found = functions.find((one) => one.arn === arn || one.name === arn)
    if (!found) throw new Error(`the template calls ${arn}, which is no function of its own`)
    return found.name
  }
  return {
    functions,
    api: apiOf(resources, nameOf),
    mappings: mappingsOf(resources, nameOf),
    schedules: schedulesOf(resources, nameOf),
  }
}
