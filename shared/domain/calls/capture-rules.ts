/** What is kept of calls. */
export type CaptureRules = Readonly<{
  /** `full` with bodies, `metadata` without, `off` nothing at all. */
  mode: 'full' | 'metadata' | 'off'
  /** Of each body at most so many bytes; the rest is a digest. */
  maxBodyBytes: number
}>

export const defaultCaptureRules: CaptureRules = { mode: 'full', maxBodyBytes: 16_384 }

/** However much the rules ask for: both bodies, escaped as JSON, must fit a record. */
export const MOST_BODY_BYTES = 131_072

/** What of a service's routing rules decides on capture. */
type Deciding = Readonly<{
  capture?: Partial<CaptureRules>
  operations?: readonly Readonly<{
    method: string
    path: string
    capture?: CaptureRules['mode']
  }>[]
}>

/**
 * What is kept of one operation's calls: as its own rule says, else the service's, else the default.
 *
 * @param operation `GET /invoices/{id}`, see `operationOf`.
 */
export function captureRulesOf(rules: Deciding | undefined, operation: string): CaptureRules {
  const { mode, maxBodyBytes } = { ...defaultCaptureRules, ...rules?.capture }
  const own = rules?.operations?.find(({ method, path }) => `${method} ${path}` === operation)
  return {
    mode: own?.capture ?? mode,
    maxBodyBytes: Math.max(0, Math.min(maxBodyBytes, MOST_BODY_BYTES)),
  }
}

/** How many bytes of each body a call has to keep for these rules. */
export function keptBytesOf({ mode, maxBodyBytes }: CaptureRules): number {
  return mode === 'full' ? maxBodyBytes : 0
}
