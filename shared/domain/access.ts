import type { CertificateEntry } from './access-certificates.ts'
import type { Issuer } from './access-issuers.ts'
import type { OwnRole } from './access-roles.ts'

/**
 * The built-in roles: `writer` sends hooks, `reader` reads what was recorded and learned, `operator`
 * manages sources, dead letters and how services are called, `admin` manages keys, roles, issuers and
 * certificates, `caller` calls every capability of every service, `registrar` registers any service.
 */
export const roles = ['writer', 'reader', 'operator', 'admin', 'caller', 'registrar'] as const
export type Role = (typeof roles)[number]

export const isBuiltInRole = (name: string): name is Role =>
  (roles as readonly string[]).includes(name)

/** An API key as it is kept: never the key itself. */
export type KeyEntry = Readonly<{
  id: string
  name: string
  /** SHA-256 of the key, hex. Keys carry 256 random bits, so a plain digest can't be guessed. */
  digest: string
  /** Names of roles, built-in ones and those of `/roles`. */
  roles: readonly string[]
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

/**
 * Everything that authentication must know, as published. What a snapshot of an earlier version does
 * not have is left out.
 */
export type AccessSnapshot = Readonly<{
  /** Grows with each change. */
  version: number
  keys: readonly KeyEntry[]
  sources: readonly SourceSettings[]
  roles?: readonly OwnRole[]
  issuers?: readonly Issuer[]
  certificates?: readonly CertificateEntry[]
}>
