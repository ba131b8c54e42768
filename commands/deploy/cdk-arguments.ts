import { Failure } from '#shared/errors.ts'
import type { DeployedStack } from './order.ts'
import type { Target } from './target.ts'

/** Stacks that do not need each other go up side by side, each in calls that mostly wait. */
const CONCURRENCY = 8

/** These stacks of a synthesised stage, and none that they need. */
export function chosenArguments(
  stacks: readonly DeployedStack[],
  folder: string,
): readonly string[] {
  return [...stacks.map(({ id }) => id), '--exclusively', '--app', folder]
}

/**
 * How `cdk deploy` deploys to a target.
 *
 * @param yes whether it may widen rights in AWS without asking
 */
export function deployArguments(
  target: Target,
  { yes }: Readonly<{ yes: boolean }>,
): readonly string[] {
  const together = ['--asset-parallelism', '--concurrency', String(CONCURRENCY)]
  if (target.kind === 'emulator') {
    // MiniStack refuses what cdk does before it makes a change set for a stack that is there.
    return [...together, '--require-approval', 'never', '--method', 'direct']
  }
  // Who is asked is asked one thing after the other.
  return yes
    ? [...together, '--require-approval', 'never']
    : ['--asset-parallelism', '--require-approval', 'broadening']
}

/**
 * `--parameters` of `cdk deploy` for these stacks: what each of them takes and `values` has.
 *
 * @throws `InvalidInput` naming every parameter that has neither a value nor a default
 */
export function parameterArguments(
  stacks: readonly DeployedStack[],
  values: Readonly<Record<string, string>>,
): readonly string[] {
  const missing = new Set<string>()
  const given = stacks.flatMap(({ stackName, parameters }) =>
    parameters.flatMap(({ name, optional }) => {
      const value = values[name]
      if (value !== undefined) return ['--parameters', `${stackName}:${name}=${value}`]
      if (!optional) missing.add(name)
      return []
    }),
  )
  if (missing.size > 0) {
    throw new Failure('InvalidInput', `no value for ${[...missing].sort().join(', ')}`)
  }
  return given
}
