import type { Context } from 'aws-lambda'
import type { WorkerSettings } from './wire.ts'

type Settings = Pick<WorkerSettings, 'functionName' | 'arn' | 'memoryMb'>

/**
 * The context object of an invocation (Lambda developer guide, "Node.js context object"). Its functions
 * need no `this`, as Lambda's: middleware takes them off the object.
 *
 * @param deadline when the invocation's time is over, ms since the epoch
 */
export function lambdaContext(
  { functionName, arn, memoryMb }: Settings,
  requestId: string,
  deadline: number,
): Context {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: arn,
    memoryLimitInMB: String(memoryMb),
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: refuseCallback,
    fail: refuseCallback,
    succeed: refuseCallback,
  }
}

function refuseCallback(): never {
  throw new Error('Node.js 24 takes no callback handlers')
}
