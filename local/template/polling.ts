import type { Assembly } from './assembly.ts'
import { type FunctionLimits, functionLimitsOf, namesOf } from './functions.ts'
import { type MappingPlan, mappingsOf } from './mappings.ts'
import type { Template } from './resolve.ts'
import { resolveStacks } from './stacks.ts'

/** What to read for functions that run elsewhere. */
export type PollingPlan = Readonly<{
  mappings: readonly MappingPlan[]
  functions: ReadonlyMap<string, FunctionLimits>
}>

const TYPES = new Set(['AWS::Lambda::Function', 'AWS::Lambda::EventSourceMapping'])

/**
 * Reads the topics' mappings of a synthesised stage, those included that stand there only for places
 * that know them.
 *
 * @param brokers `host:port,...`, as functions are told
 */
export function planPolling({ templates }: Assembly, brokers: string): PollingPlan {
  const parameters = {
    // Functions are deployed elsewhere, with values of their own.
    ...Object.fromEntries([...templates.values()].flatMap(valuesToCome)),
    KafkaMappings: 'yes',
    BootstrapServers: brokers,
  }
  const resources = resolveStacks(templates, parameters, TYPES)
  const functions = functionLimitsOf(resources)
  return {
    mappings: mappingsOf(resources, namesOf(functions), brokers),
    functions: new Map(functions.map((one) => [one.name, one])),
  }
}

/** The parameters whose values a deployment gives. */
function valuesToCome({ Parameters = {} }: Template) {
  return Object.entries(Parameters)
    .filter(([, { Default }]) => Default === undefined)
    .map(([name]) => [name, ''] as const)
}
