import type { MirrorDependencies } from '#shared/domain/routing/mirror-call.ts'
import { Failure } from '#shared/errors.ts'
import { wholeBody } from './body-keeper.ts'
import type { ProxyDependencies } from './dependencies.ts'
import { addressedTo, withBody } from './outgoing.ts'

/** A copy is nobody's to wait for; ms. */
const COPY_MS = 10_000

/** Sends a copy of a call once and reads its answer. The balancer and the breaker learn nothing of it. */
export const sendCopy =
  ({ upstream }: Pick<ProxyDependencies, 'upstream'>): MirrorDependencies['send'] =>
  async (instance, request, maxBytes) => {
    const { method, target } = request
    const content = request.body.byteLength > 0 ? Buffer.from(request.body) : undefined
    const sent = withBody({ method, target, rawHeaders: [], body: content }, request)
    const exchange = upstream.send({
      ...{ instance, method, target, body: sent.body },
      rawHeaders: addressedTo(sent.rawHeaders, instance),
      ...{ headMs: COPY_MS, idleMs: COPY_MS, repeatable: false },
    })
    const outcome = await exchange.outcome
    if (outcome.type === 'fault') throw new Failure('Unavailable', outcome.fault.detail)
    const { status, rawHeaders } = outcome.answer
    const read = await wholeBody(outcome.answer, maxBytes, () =>
      exchange.cancel({ kind: 'too-large', detail: 'The answer is too large to be compared.' }),
    )
    if (read.type === 'whole') return { status, rawHeaders, body: read.body }
    if (read.type === 'fault') throw new Failure('Unavailable', read.fault.detail)
    throw new Failure('TooLarge', `the answer has more than ${maxBytes} bytes`)
  }
