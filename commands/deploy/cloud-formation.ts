import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { Failure } from '#shared/errors.ts'
import { explained } from './explained.ts'

/** What CloudFormation knows of stacks. */
export type CloudFormation = Readonly<{
  /** A stack's outputs by key; undefined when there is no such stack. */
  outputs(stackName: string): Promise<Readonly<Record<string, string>> | undefined>
}>

/** `cdk bootstrap` makes a stack of this name, unless it is told another one. */
const TOOLKIT_STACK = 'CDKToolkit'

/** @param settings those of an SDK client */
export function cloudFormation(settings: object): CloudFormation {
  const client = new CloudFormationClient(settings)
  return {
    async outputs(StackName) {
      const { Stacks } = await client
        .send(new DescribeStacksCommand({ StackName }))
        .catch((error: unknown) => {
          if (isAbsent(error)) return { Stacks: [] }
          throw explained(error)
        })
      const [stack] = Stacks ?? []
      if (!stack || stack.StackStatus === 'DELETE_COMPLETE') return undefined
      const outputs = stack.Outputs ?? []
      return Object.fromEntries(
        outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      )
    },
  }
}

/** Whether `cdk bootstrap` has been run on the account and region. */
export async function isBootstrapped({ outputs }: CloudFormation): Promise<boolean> {
  return (await outputs(TOOLKIT_STACK)) !== undefined
}

/** @throws `NotFound` when the stack or the output is not there */
export async function outputOf(
  { outputs }: CloudFormation,
  stackName: string,
  key: string,
): Promise<string> {
  const value = (await outputs(stackName))?.[key]
  if (value) return value
  throw new Failure('NotFound', `stack ${stackName} has no output ${key}`)
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && /does not exist/.test(error.message)
}
