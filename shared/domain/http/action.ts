import type { Principal } from '../principal.ts'
import type { RequestHeaders } from './headers.ts'
import type { Route } from './route.ts'

/** What a schema's `safeParse` gives when it succeeds. */
type Parsed<S> = S extends { safeParse(input: unknown): infer Result }
  ? Extract<Result, { success: true }> extends { data: infer Data }
    ? Data
    : never
  : undefined

type PartOf<R, Part extends 'query' | 'body'> = R extends { readonly [P in Part]: infer S }
  ? Parsed<S>
  : undefined

/** A request to a route after its schemas have read it. */
export type ActionRequest<R = Route> = Readonly<{
  /** Path parameters, decoded. */
  params: Readonly<Record<string, string>>
  query: PartOf<R, 'query'>
  body: PartOf<R, 'body'>
  headers: RequestHeaders
  /** Who calls, as `authenticate` found; undefined for a public route, and where nobody asked. */
  principal: Principal | undefined
  /** Finds out once more, for what outlives the check. @throws what `Callers.identify` throws */
  identifyAgain: (() => Promise<Principal>) | undefined
  /** Aborts just before the function's time is over; of a stream, once nobody takes it any more. */
  signal: AbortSignal
  /** How long the function may still run, ms. */
  remainingMs: () => number
}>

/** What an action answers: 200 with a JSON body unless it says otherwise; no body is 204. */
export type ActionAnswer = Readonly<{
  status?: number
  body?: unknown
  /** The body of a streaming route, piece by piece as the caller takes it. */
  stream?: AsyncIterable<string>
  mediaType?: string
  headers?: Readonly<Record<string, string>>
}>

/** One action for each route, by `GET /path`: none forgotten, none too many. */
export type Actions<R extends Route> = {
  readonly [One in R as `${One['method']} ${One['path']}`]: (
    request: ActionRequest<One>,
  ) => Promise<ActionAnswer>
}
