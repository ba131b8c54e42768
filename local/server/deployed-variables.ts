import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'

const ATTEMPTS = 5

/**
 * The variables that a deployed function has, as CloudFormation resolved them. The AWS API's address,
 * region and credentials come from the environment.
 *
 * @throws `Error` when there is no such function, or no such AWS
 */
export async function deployedVariables(
  functionName: string,
): Promise<Readonly<Record<string, string>>> {
  const client = new LambdaClient({ maxAttempts: ATTEMPTS })
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: functionName })
    const { Environment } = await client.send(command)
    return Environment?.Variables ?? {}
  } catch (error) {
    const { message } = error as Error
    throw new Error(`${functionName} is not found in AWS: ${message}`, { cause: error })
  } finally {
    client.destroy()
  }
}
