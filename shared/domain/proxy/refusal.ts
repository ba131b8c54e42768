import type { CallFault } from '../calls/call.ts'

/** What the bridge itself answers instead of an instance. */
export type Refusal = Readonly<{
  type: 'refusal'
  /** Undefined where the request is no call: nothing is captured of it. */
  fault: CallFault | undefined
  status: number
  detail: string
  /** Seconds after which asking again can help. */
  retryAfterS?: number
  /** Names and values in turn. */
  headers?: readonly string[]
  /** Members of the problem details beside the usual ones. */
  members?: Readonly<Record<string, unknown>>
}>

/** The status that each fault is answered with. */
const statuses = {
  unauthenticated: 401,
  forbidden: 403,
  'rate-limited': 429,
  'no-service': 503,
  'no-instance': 503,
  'no-version': 406,
  'circuit-open': 503,
  'transform-failed': 502,
  'address-refused': 502,
  unresolved: 502,
  unreachable: 502,
  tls: 502,
  reset: 502,
  'malformed-response': 502,
  timeout: 504,
  'too-large': 413,
  // Nobody is there to be answered; what stands in logs (nginx's custom).
  'caller-left': 499,
} as const satisfies Record<CallFault, number>

export const statusOf = (fault: CallFault): number => statuses[fault]

/** What a fault is answered with. */
export function refusal(
  fault: CallFault,
  detail: string,
  more: Partial<Pick<Refusal, 'retryAfterS' | 'headers' | 'members'>> = {},
): Refusal {
  return { type: 'refusal', fault, status: statuses[fault], detail, ...more }
}

/** What a request is answered with that is no call, because it can't be read. */
export function unreadable(status: number, detail: string, headers?: readonly string[]): Refusal {
  return { type: 'refusal', fault: undefined, status, detail, ...(headers ? { headers } : {}) }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  413: 'Content Too Large',
  417: 'Expectation Failed',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** RFC 9457 with a type of ours per fault; `instance` is the call's id, under which it is captured. */
export function problemBody({ fault, status, detail, members }: Refusal, callId: string): string {
  return JSON.stringify({
    ...members,
    type: typeOf(fault),
    title: titles[status] ?? 'Error',
    status,
    detail,
    instance: `urn:uuid:${callId}`,
  })
}

function typeOf(fault: CallFault | undefined): string {
  if (fault === undefined) return 'about:blank'
  // The registered type for exactly this (draft-ietf-httpapi-ratelimit-headers).
  if (fault === 'rate-limited')
    return 'https://iana.org/assignments/http-problem-types#quota-exceeded'
  return `urn:omninode:problem:${fault}`
}
