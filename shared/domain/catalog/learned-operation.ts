/** What calls of one operation of one version have taught. Times in ms. */
export type LearnedOperation = Readonly<{
  /** `GET /invoices/{id}`, see `operationOf`. */
  operation: string
  version: string
  calls: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  /** RFC 3339; what was learned long ago is no advice any more. */
  learnedAt: string
}>
