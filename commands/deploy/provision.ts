import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { type Answer, answer, type Request } from '#functions/provisioner/schema.ts'
import { newKey } from '#shared/domain/keys.ts'
import { Failure } from '#shared/errors.ts'
import { explained } from './explained.ts'
import { PROVISIONER } from './order.ts'

/** What `provisioner` did, and the first key, to be shown once, where it made one. */
export type Provisioned = Readonly<{ done: Answer; firstKey: string | undefined }>

const FIRST_KEY_NAME = 'first key'

/**
 * Invokes `provisioner`: migrations, topics, the first key, the access snapshot. The key is made here;
 * its id and digest alone leave this machine.
 *
 * @param settings those of an SDK client
 * @throws `Unavailable` with what the function said when it failed
 */
export async function provision(
  settings: object,
  wanted: Partial<Request> = {},
): Promise<Provisioned> {
  const { id, key, digest } = newKey()
  const lambda = new LambdaClient(settings)
  const { FunctionError, Payload } = await lambda
    .send(
      new InvokeCommand({
        FunctionName: PROVISIONER,
        Payload: JSON.stringify({ ...wanted, firstKey: { id, digest, name: FIRST_KEY_NAME } }),
      }),
    )
    .catch((error: unknown) => {
      throw explained(error)
    })
  const text = Payload ? Buffer.from(Payload).toString('utf8') : ''
  if (FunctionError) {
    throw new Failure('Unavailable', `${PROVISIONER} failed: ${complaintOf(text)}`)
  }
  const read = answer.safeParse(parsed(text))
  if (!read.success) {
    throw new Failure('Unavailable', `${PROVISIONER} answered what is not known here: ${text}`)
  }
  return { done: read.data, firstKey: read.data.firstKey === 'made' ? key : undefined }
}

/** MiniStack runs functions as bare processes, without what the runtime of AWS brings along. */
const WITHOUT_SDK = /Cannot find package '@aws-sdk\//
const SDK_ADVICE =
  'the emulator has no AWS SDK for its functions: link node_modules into its data folder, above the folder with their code'

function complaintOf(text: string): string {
  const { errorType, errorMessage } = (parsed(text) ?? {}) as Record<string, unknown>
  const complaint = errorMessage ? `${errorType}: ${errorMessage}` : text
  return WITHOUT_SDK.test(complaint) ? `${complaint} (${SDK_ADVICE})` : complaint
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
