import { Failure } from '#shared/errors.ts'

/** A stack as its assembly describes it. */
export type DeployedStack = Readonly<{
  /** What `cdk deploy` calls it. */
  id: string
  /** What CloudFormation calls it. */
  stackName: string
  /** Ids of stacks that have to be there before. */
  dependencies: readonly string[]
  parameters: readonly Readonly<{ name: string; optional: boolean }>[]
  /** Names of its functions. */
  functions: readonly string[]
}>

/** The function that prepares database, topics and first key. */
export const PROVISIONER = 'provisioner'

/**
 * Splits stacks into the ground, which is deployed before `provisioner` runs (its stack and all that
 * stack needs), and the rest, which may count on what `provisioner` made.
 *
 * @throws `InvalidInput` when no stack has the function
 */
export function inOrder(stacks: readonly DeployedStack[]): {
  ground: readonly DeployedStack[]
  rest: readonly DeployedStack[]
} {
  const home = stacks.find(({ functions }) => functions.includes(PROVISIONER))
  if (!home) throw new Failure('InvalidInput', `no stack has the function ${PROVISIONER}`)
  const needed = new Set<string>()
  const add = (id: string) => {
    if (needed.has(id)) return
    needed.add(id)
    stacks.find((one) => one.id === id)?.dependencies.forEach(add)
  }
  add(home.id)
  return {
    ground: stacks.filter(({ id }) => needed.has(id)),
    rest: stacks.filter(({ id }) => !needed.has(id)),
  }
}
