/** Every way this system fails: the HTTP status it answers with, and whether trying again can help. */
const failures = {
  Malformed: { status: 400, retryable: false },
  Unauthenticated: { status: 401, retryable: false },
  Forbidden: { status: 403, retryable: false },
  NotFound: { status: 404, retryable: false },
  MethodNotAllowed: { status: 405, retryable: false },
  /** No version of a service is one that the caller takes. */
  NotAcceptable: { status: 406, retryable: false },
  Conflict: { status: 409, retryable: false },
  /** It changed since the caller read it (`If-Match`). */
  PreconditionFailed: { status: 412, retryable: false },
  TooLarge: { status: 413, retryable: false },
  UnsupportedMedia: { status: 415, retryable: false },
  InvalidInput: { status: 422, retryable: false },
  TooManyRequests: { status: 429, retryable: true },
  /** A message could not be turned from one version's form into another's. */
  TransformFailed: { status: 502, retryable: false },
  Unavailable: { status: 503, retryable: true },
  /** A service refuses our credentials, or we its certificate: it heals once someone has mended that. */
  Misconfigured: { status: 503, retryable: true },
  Timeout: { status: 504, retryable: true },
} as const

export type FailureKind = keyof typeof failures

/** Whether a failure of that name is nobody's fault who asked: what was asked stays good until later. */
export const isOutage = (name: string | undefined): boolean =>
  name === 'Unavailable' || name === 'Misconfigured'

/** One wrong place in an input: a JSON pointer (RFC 6901) and what is wrong there. */
export type FieldProblem = Readonly<{ pointer: string; detail: string }>

type FailureOptions = ErrorOptions & {
  errors?: readonly FieldProblem[]
  /** Seconds after which trying again can help; becomes `Retry-After`. */
  retryAfterS?: number
  /** Headers that the answer needs beside the usual ones, such as `Allow`. */
  headers?: Readonly<Record<string, string>>
  /** Members that the problem details have beside the usual ones (RFC 9457, section 3.2). */
  members?: Readonly<Record<string, unknown>>
}

/** A failure with a name the outside can rely on. Throw nothing else on purpose. */
export class Failure extends Error {
  readonly kind: FailureKind
  readonly errors: readonly FieldProblem[]
  readonly retryAfterS: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly members: Readonly<Record<string, unknown>>

  constructor(kind: FailureKind, message: string, options: FailureOptions = {}) {
    super(message, options)
    this.kind = kind
    this.errors = options.errors ?? []
    this.retryAfterS = options.retryAfterS
    this.headers = options.headers ?? {}
    this.members = options.members ?? {}
    // Lambda reports `name` as errorType, which is what Retry and Catch match on.
    this.name = kind
  }

  get status(): number {
    return failures[this.kind].status
  }

  get retryable(): boolean {
    return failures[this.kind].retryable
  }
}

const CHALLENGE = 'Bearer realm="omninode-bridge"'

/** Nobody said who he is, or what he said is no good (RFC 6750, section 3: `error` only then). */
export function unauthenticated(reason?: string): Failure {
  return reason === undefined
    ? new Failure('Unauthenticated', 'A key is needed: Authorization: Bearer <key>.', {
        headers: { 'www-authenticate': CHALLENGE },
      })
    : new Failure('Unauthenticated', reason, {
        headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` },
      })
}

/** Somebody who is known may not do that: he would need a role that he does not have. */
export function lacksRole(who: string, role: string, held: readonly string[]): Failure {
  return new Failure('Forbidden', `This ${who} lacks the role '${role}'.`, {
    members: { missing: { role }, held, why: `This call is for holders of the role ${role}.` },
  })
}
