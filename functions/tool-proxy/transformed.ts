import { type Refusal, refusal } from '#shared/domain/proxy/refusal.ts'
import {
  TRANSFORMED_BODY_BYTES,
  type TransformAnswer,
  type TransformRequest,
} from '#shared/domain/routing/transform-message.ts'
import type { TransformPath } from '#shared/domain/routing/transform-path.ts'
import { Failure } from '#shared/errors.ts'
import type { TransformedRequest } from '#shared/ports/transformer.ts'
import { giveStreamed, giveWhole } from './answer.ts'
import { wholeBody } from './body-keeper.ts'
import type { ProxyDependencies } from './dependencies.ts'
import { type Forwarded, forward } from './forward.ts'
import { type Outgoing, withBody } from './outgoing.ts'
import type { Passage } from './passage.ts'
import type { Ready } from './ready.ts'

/**
 * Brings a call to a version that speaks otherwise than its caller: there and back through the declared
 * steps. It goes past the cache, which keeps what instances answer.
 */
export async function bringTransformed(
  dependencies: ProxyDependencies,
  passage: Passage,
  { plan, outgoing }: Ready,
  path: TransformPath,
): Promise<Refusal | undefined> {
  const transformed = await attempted(() =>
    dependencies.transformer.request(path, messageOf(outgoing)),
  )
  if (transformed instanceof Failure) return failed(transformed)
  const { request } = transformed
  const sent = withBody(outgoing, request)
  const forwarded = await forward(dependencies, passage, plan, sent)
  if (forwarded.type === 'refusal') return forwarded
  if (!transformed.transformsAnswer) {
    await giveStreamed(dependencies, passage, forwarded.answer, undefined)
    return undefined
  }
  return giveTransformed(dependencies, passage, forwarded, transformed)
}

/** What of a request transformations see: `Host` is each instance's own. */
export const messageOf = ({ method, target, rawHeaders, body }: Outgoing): TransformRequest => ({
  ...{ method, target },
  rawHeaders: rawHeaders.slice(2),
  body: body instanceof Uint8Array ? body : NOTHING,
})

const NOTHING = new Uint8Array(0)

async function giveTransformed(
  dependencies: ProxyDependencies,
  passage: Passage,
  { answer, attempt }: Forwarded,
  transformed: TransformedRequest,
): Promise<Refusal | undefined> {
  const detail = `The answer has more than ${TRANSFORMED_BODY_BYTES} bytes, too many to be transformed.`
  const fault = { kind: 'transform-failed', detail } as const
  const read = await wholeBody(answer, TRANSFORMED_BODY_BYTES, () => attempt.exchange.cancel(fault))
  if (read.type === 'too-large') return refusal(fault.kind, fault.detail)
  if (read.type === 'fault') return refusal(read.fault.kind, read.fault.detail)
  const { status, rawHeaders } = answer
  const given = await attempted(() => transformed.answer({ status, rawHeaders, body: read.body }))
  if (given instanceof Failure) return failed(given)
  const headers = hasBody(passage.call.method, given) ? withLength(given) : given.rawHeaders
  giveWhole(dependencies, passage, given.status, headers, given.body)
  return undefined
}

const hasBody = (method: string, { status }: TransformAnswer): boolean =>
  method !== 'HEAD' && status !== 204 && status !== 304

/** Framing is this side's affair: the length is what the body has now. */
export function withLength({ rawHeaders, body }: TransformAnswer): readonly string[] {
  const headers = rawHeaders.filter((_, at) => !LENGTH.test(rawHeaders[at - (at % 2)] as string))
  headers.push('Content-Length', String(body.byteLength))
  return headers
}

const LENGTH = /^content-length$/i

async function attempted<T>(work: () => Promise<T>): Promise<T | Failure> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure && error.kind === 'TransformFailed') return error
    throw error
  }
}

const failed = ({ message }: Failure): Refusal => refusal('transform-failed', message)
