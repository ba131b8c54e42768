import type { RequestHeaders } from '../http/headers.ts'
import type { SignatureScheme } from '../signatures/scheme.ts'
import type { Reading } from './draft.ts'

/** A request as a dialect gets it: authenticated, its content encoding undone. */
export type Delivery = Readonly<{
  headers: RequestHeaders
  body: Uint8Array
  /** The source's name for `POST /hooks/{source}`; undefined for `POST /hooks`. */
  source: string | undefined
}>

/** A delivery under a source's name. */
export type SourceDelivery = Delivery & Readonly<{ source: string }>

/** How one kind of sender speaks. */
export type DialectRules = Readonly<{
  /** How its secrets sign. */
  signature: SignatureScheme
  read: (delivery: SourceDelivery) => Reading
  /** The whole answer to one accepted event, status 200, where the sender expects its own. */
  answer?: string
}>
