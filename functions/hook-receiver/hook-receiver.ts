import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import type { RedactionPolicy } from '#shared/domain/access.ts'
import { isInvalid, type Reading } from '#shared/domain/dialects/draft.ts'
import { dialectRules } from '#shared/domain/dialects/rules.ts'
import { readUnnamed } from '#shared/domain/dialects/unnamed.ts'
import { headerOf } from '#shared/domain/http/headers.ts'
import { presentedBy } from '#shared/domain/http/presented.ts'
import { isOwnSource } from '#shared/domain/own-sources.ts'
import { type Redactor, redactor } from '#shared/domain/redaction/redactor.ts'
import { isTraceparent } from '#shared/domain/traceparent.ts'
import { Failure } from '#shared/errors.ts'
import type { AccessSnapshots } from '#shared/ports/access-snapshots.ts'
import type { EventLog, NewRecord } from '#shared/ports/event-log.ts'
import type { Spill } from '#shared/ports/spill.ts'
import { type AdmissionDependencies, admit } from './admission.ts'
import { accepted, handshake, json, type Rejection } from './answer.ts'
import { decodedBody, rawBody } from './body.ts'
import { stamp } from './stamp.ts'
import { storeRecords } from './store.ts'

/** An answer has to come within 5 s; the rest is for what a busy event loop adds, ms. */
const ANSWER_WITHIN_MS = 4_500

type Dependencies = AdmissionDependencies &
  Readonly<{
    log: Pick<EventLog, 'append'>
    /** Where events go while the log does not take them; undefined where there is no such place. */
    spill: Pick<Spill, 'put'> | undefined
    access: AccessSnapshots
    /** Monotonic clock, ms. */
    nowMs: () => number
    /** Microseconds since the epoch, strictly increasing. */
    arrival: () => number
  }>

/**
 * Takes hooks in: authenticates, reads, validates, redacts, stores, and answers 202 once the log or the
 * spill holds every event that the answer names.
 *
 * @throws `Malformed`, `Unauthenticated`, `Forbidden`, `NotFound`, `TooLarge`, `UnsupportedMedia`,
 *   `InvalidInput`, and `Unavailable` when the keys can't be had, or neither log nor spill.
 */
export function receiveHooks(dependencies: Dependencies) {
  const { access, nowMs, arrival } = dependencies
  const store = storeRecords(dependencies)
  const redactorOf = redactors()

  return async (request: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    const deadline = nowMs() + ANSWER_WITHIN_MS
    const { headers, requestContext } = request
    if (request.httpMethod === 'OPTIONS') return handshake(headers)
    const raw = rawBody(request.body, request.isBase64Encoded)
    const source = request.pathParameters?.source
    const delivery = { headers, source, raw, presented: presentedBy(request) }
    const settings = await admit(await access.current(), delivery, dependencies)

    const body = decodedBody(raw, headerOf(headers, 'content-encoding'))
    const rules = settings && dialectRules[settings.dialect]
    const reading =
      rules && source !== undefined
        ? rules.read({ headers, body, source })
        : readUnnamed({ headers, body, source })
    if (reading.type === 'challenge') return json(200, reading.answer)
    if (reading.type === 'refused') {
      throw new Failure(reading.kind, reading.detail, { errors: reading.problems })
    }

    const { form } = reading
    const { ids, records, rejections } = stampAll(reading.items)
    const isRefusedWhole = form === 'whole-batch' && rejections.length > 0
    if (isRefusedWhole || (records.length === 0 && form !== 'whole-batch')) {
      throw new Failure('InvalidInput', nothingAccepted(reading.items.length), {
        errors: rejections.flatMap(({ problems }) => problems),
      })
    }
    if (records.length > 0) await store(records, deadline - nowMs())
    return rules?.answer !== undefined && form === 'single'
      ? json(200, rules.answer)
      : accepted(ids, rejections, requestContext.requestId)

    function stampAll(items: Extract<Reading, { type: 'events' }>['items']) {
      const traceparent = validTraceparent(headerOf(headers, 'traceparent'))
      const redact = redactorOf(settings?.redact)
      const ids: { index: number; id: string }[] = []
      const records: NewRecord[] = []
      const rejections: Rejection[] = []
      for (const [index, item] of items.entries()) {
        if (isInvalid(item)) {
          rejections.push({ index, problems: item.problems })
          continue
        }
        if (isOwnSource(item.source)) {
          const pointer = form === 'single' ? '/source' : `/${index}/source`
          const problem = { pointer, detail: "is one of the bridge's own" }
          rejections.push({ index, problems: [problem] })
          continue
        }
        const { id, record } = stamp(item, { arrival: arrival(), traceparent, settings, redact })
        ids.push({ index, id })
        records.push(record)
      }
      return { ids, records, rejections }
    }
  }
}

function nothingAccepted(items: number): string {
  return items === 0 ? 'The request holds no event.' : 'No event of this request was accepted.'
}

function validTraceparent(header: string | undefined): string | undefined {
  return header !== undefined && isTraceparent(header) ? header : undefined
}

/** Redactors by policy: building one costs more than using it. */
function redactors(): (policy: RedactionPolicy | undefined) => Redactor {
  const standard = redactor()
  const own = new WeakMap<RedactionPolicy, Redactor>()
  return (policy) => {
    if (!policy) return standard
    let made = own.get(policy)
    if (!made) {
      made = redactor(policy)
      own.set(policy, made)
    }
    return made
  }
}
