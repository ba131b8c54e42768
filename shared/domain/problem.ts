/** RFC 9457 problem details. */
export type Problem = Readonly<{
  /** `about:blank`: the status says what kind of problem it is (section 4.2.1). */
  type: 'about:blank'
  title: string
  status: number
  detail: string
  /** Names this occurrence; log lines carry the same request id. */
  instance: string
  /** The wrong places of an input: JSON pointers (RFC 6901) and what is wrong there. */
  errors?: readonly Readonly<{ pointer: string; detail: string }>[]
  /** Members of its own (section 3.2). */
  [member: string]: unknown
}>

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

/** Describes a failure of a request to its caller. `requestId` is the gateway's. */
export function problemOf(
  failure: Readonly<{
    status: number
    message: string
    errors?: NonNullable<Problem['errors']>
    members?: Readonly<Record<string, unknown>>
  }>,
  requestId: string,
): Problem {
  const { status, message, errors = [], members } = failure
  return {
    ...members,
    type: 'about:blank',
    title: titles[status] ?? 'Error',
    status,
    detail: message,
    instance: `urn:uuid:${requestId}`,
    ...(errors.length === 0 ? {} : { errors }),
  }
}
