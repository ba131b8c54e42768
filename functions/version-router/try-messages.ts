import { answerDocument, requestDocument } from '#shared/domain/routing/message-document.ts'
import { answerFrom, requestFrom } from '#shared/domain/routing/message-form.ts'
import { TransformProblem } from '#shared/domain/routing/transform-message.ts'
import type { TransformPath } from '#shared/domain/routing/transform-path.ts'
import { Failure } from '#shared/errors.ts'
import type { Transformer } from '#shared/ports/transformer.ts'

type Message = Readonly<Record<string, unknown>>

/** Messages as people write them, taken over a path as calls are. */
export type TriedMessages =
  | Readonly<{ type: 'made'; request: Message; response?: Message }>
  /** `why` may hold words of the messages: it is for those who wrote them. */
  | Readonly<{ type: 'failed'; direction: 'request' | 'response'; why: string }>

export async function tryMessages(
  transformer: Transformer,
  path: TransformPath,
  messages: Readonly<{ request?: unknown; response?: unknown }>,
): Promise<TriedMessages> {
  let direction: 'request' | 'response' = 'request'
  try {
    const { request, answer } = await transformer.request(path, requestFrom(messages.request ?? {}))
    const made = { type: 'made', request: requestDocument(request) } as const
    if (messages.response === undefined) return made
    direction = 'response'
    return { ...made, response: answerDocument(await answer(answerFrom(messages.response))) }
  } catch (error) {
    const why = reasonOf(error)
    if (why === undefined) throw error
    return { type: 'failed', direction, why }
  }
}

/** JSONata's errors are plain objects with a code and a message. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof TransformProblem) return error.message
  if (!(error instanceof Failure) || error.kind !== 'TransformFailed') return undefined
  const { cause } = error
  if (cause instanceof TransformProblem) return error.message
  const inner = cause as Readonly<{ code?: unknown; message?: unknown }> | undefined
  return `${error.message.slice(0, -1)}: ${String(inner?.message ?? inner?.code)}`
}
