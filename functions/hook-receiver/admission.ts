import type { AccessSnapshot, Dialect, SourceSettings } from '#shared/domain/access.ts'
import type { Delivery } from '#shared/domain/dialects/dialect.ts'
import { builtInSources, dialectRules } from '#shared/domain/dialects/rules.ts'
import { authorize } from '#shared/domain/http/authorize.ts'
import { presentedKey } from '#shared/domain/http/credentials.ts'
import type { Verdict } from '#shared/domain/signatures/scheme.ts'
import { findSource } from '#shared/domain/sources.ts'
import { Failure } from '#shared/errors.ts'

/** Opens a sealed signing secret. */
export type OpenSecret = (sealed: string) => string

/**
 * Decides whether a delivery may come in, and how its source is set up: undefined for `POST /hooks`.
 * A source with secrets signs, any other brings a writer's key. `raw` is the body as it was sent.
 *
 * @throws `Unauthenticated`, `Forbidden`, `NotFound` for a source that is not set up (told to holders
 *   of a key alone).
 */
export function admit(
  snapshot: AccessSnapshot,
  { headers, source }: Pick<Delivery, 'headers' | 'source'>,
  raw: Uint8Array,
  openSecret: OpenSecret,
  now: Date,
): SourceSettings | undefined {
  const settings = source === undefined ? undefined : findSource(snapshot, source)
  if (settings && settings.sealedSecrets.length > 0) {
    const secrets = settings.sealedSecrets.map(openSecret)
    const { signature } = dialectRules[settings.dialect]
    const verdict = signature({ headers, body: raw }, secrets, now.getTime())
    if (verdict !== 'valid') throw new Failure('Unauthenticated', refusals[verdict])
    return settings
  }
  requireWriter(snapshot, presentedKey(headers), now)
  if (settings || source === undefined) return settings
  const dialect = builtInSources.find((name): name is Dialect => name === source)
  if (dialect) return { name: source, dialect, sealedSecrets: [] }
  throw new Failure('NotFound', `Source ${source} is not set up: PUT /sources/${source}.`)
}

const refusals: Readonly<Record<Exclude<Verdict, 'valid'>, string>> = {
  missing: 'The signature is missing.',
  mismatch: 'The signature does not fit.',
  stale: 'The signature is older or newer than 300 s.',
}

function requireWriter(snapshot: AccessSnapshot, key: string | undefined, now: Date): void {
  const admission = authorize(snapshot, key, 'writer', now)
  if (admission.type === 'forbidden') {
    throw new Failure('Forbidden', `This key lacks the role '${admission.missing}'.`)
  }
  if (admission.type === 'unauthenticated') {
    throw new Failure(
      'Unauthenticated',
      admission.presented
        ? 'The key is unknown, revoked or expired.'
        : 'A key is needed: Authorization: Bearer <key>.',
    )
  }
}
