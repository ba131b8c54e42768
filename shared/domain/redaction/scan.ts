/** One text being read from left to right, once. */
export type Scan = {
  readonly text: string
  /** Everything before is settled; nothing found may start before it. */
  done: number
  /** A run of base64url that ends here is known to start no JWT, wherever in it one looks. */
  noJwtBefore: number
  /** The next `-----END` at or behind the place last asked for; the text's length when none. */
  pemEnd: number
}

/** A secret in a text, and what to write in its place when a bare marker would break the syntax. */
export type Found = Readonly<{ from: number; to: number; kind: string; instead?: string }>

/**
 * Looks whether the character at `at`, one it asked to be called for, belongs to a secret. What it
 * reads is bounded, or consumed when found, or remembered in the scan: so a whole text costs linear
 * time whatever is in it.
 */
export type Detector = (scan: Scan, at: number) => Found | undefined

export const newScan = (text: string): Scan => ({ text, done: 0, noJwtBefore: 0, pemEnd: -1 })
