/**
 * What a key may do: `writer` sends hooks, `reader` reads what was recorded and learned, `operator`
 * manages sources and dead letters, `admin` manages keys.
 */
export const roles = ['writer', 'reader', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

/** An API key as it is kept: never the key itself. */
export type KeyEntry = Readonly<{
  id: string
  name: string
  /** SHA-256 of the key, hex. Keys carry 256 random bits, so a plain digest can't be guessed. */
  digest: string
  roles: readonly Role[]
  /** RFC 3339; a key past it is refused. */
  expiresAt?: string
}>

export const dialects = [
  'native',
  'cloudevents',
  'standard-webhooks',
  'github',
  'stripe',
  'slack',
  'claude-code',
  'cursor',
  'codex',
  'generic',
] as const
export type Dialect = (typeof dialects)[number]

/** How `POST /hooks/{source}` reads one source. */
export type SourceSettings = Readonly<{
  name: string
  dialect: Dialect
  /** Signing secrets, sealed (see `shared/adapters/crypto/seal.ts`); any of up to two matches. Empty: a key is needed. */
  sealedSecrets: readonly string[]
  /** Topic for its events instead of the dialect's own choice. */
  topic?: string
  /** Partition key with `{session}`, `{correlation}`, `{source}`, `{subject}`, `{data.path}`. */
  keyTemplate?: string
  /** Own redaction patterns beside the built-in ones. */
  redact?: RedactionPolicy
}>

/** Redaction beyond the built-in rules, as data. */
export type RedactionPolicy = Readonly<{
  /** Field names whose values go, compared without case, `-` and `_`. */
  keys?: readonly string[]
  /** Literal prefixes of tokens: a run of token characters after one goes. */
  prefixes?: readonly string[]
  /** Also remove e-mail addresses. */
  emails?: boolean
}>

/** Everything intake must know of keys and sources, as published. */
export type AccessSnapshot = Readonly<{
  /** Grows with each change. */
  version: number
  keys: readonly KeyEntry[]
  sources: readonly SourceSettings[]
}>
