import type { AccessSnapshot, Dialect, SourceSettings } from '#shared/domain/access.ts'
import type { Delivery } from '#shared/domain/dialects/dialect.ts'
import { builtInSources, dialectRules } from '#shared/domain/dialects/rules.ts'
import { chooseCredential, isTokenLike } from '#shared/domain/http/credentials.ts'
import { findKey, holderOfKey } from '#shared/domain/keys.ts'
import type { Principal } from '#shared/domain/principal.ts'
import type { Verdict } from '#shared/domain/signatures/scheme.ts'
import { findSource } from '#shared/domain/sources.ts'
import { Failure, lacksRole, unauthenticated } from '#shared/errors.ts'
import type { AccessAudit } from '#shared/ports/access-audit.ts'
import type { Callers, Presented } from '#shared/ports/callers.ts'

/** Opens a sealed signing secret. */
type OpenSecret = (sealed: string) => string

export type AdmissionDependencies = Readonly<{
  openSecret: OpenSecret
  /** Asked for what is no plain key. */
  callers: Callers
  audit?: AccessAudit
  now: () => Date
}>

/** A delivery before anything of it is believed; `raw` is the body as it was sent. */
type Unproven = Pick<Delivery, 'headers' | 'source'> &
  Readonly<{ raw: Uint8Array; presented: Presented }>

/**
 * Decides whether a delivery may come in, and how its source is set up: undefined for `POST /hooks`.
 * A source with secrets signs, any other is sent by a writer.
 *
 * @throws `Unauthenticated`, `Forbidden`, `Unavailable` when a token's issuer can't be asked, `NotFound`
 *   for a source that is not set up (told to writers alone).
 */
export async function admit(
  snapshot: AccessSnapshot,
  { headers, source, raw, presented }: Unproven,
  { openSecret, callers, audit, now }: AdmissionDependencies,
): Promise<SourceSettings | undefined> {
  const settings = source === undefined ? undefined : findSource(snapshot, source)
  if (settings && settings.sealedSecrets.length > 0) {
    const secrets = settings.sealedSecrets.map(openSecret)
    const { signature } = dialectRules[settings.dialect]
    const verdict = signature({ headers, body: raw }, secrets, now().getTime())
    if (verdict !== 'valid') throw new Failure('Unauthenticated', refusals[verdict])
    return settings
  }
  const key = plainKey(presented)
  const sender =
    key === undefined
      ? (await callers.identify(presented)).principal
      : holderIn(snapshot, key, now())
  if (!sender.roles.includes(WRITER)) {
    await audit?.denied({
      principal: sender,
      wish: { action: 'use', route: 'POST /hooks' },
      missing: WRITER,
    })
    throw lacksRole(sender.kind, WRITER, sender.roles)
  }
  if (settings || source === undefined) return settings
  const dialect = builtInSources.find((name): name is Dialect => name === source)
  if (dialect) return { name: source, dialect, sealedSecrets: [] }
  throw new Failure('NotFound', `Source ${source} is not set up: PUT /sources/${source}.`)
}

const WRITER = 'writer'

const refusals: Readonly<Record<Exclude<Verdict, 'valid'>, string>> = {
  missing: 'The signature is missing.',
  mismatch: 'The signature does not fit.',
  stale: 'The signature is older or newer than 300 s.',
}

/** What nearly every hook brings: a key, and nothing that it takes more to check. */
function plainKey(presented: Presented): string | undefined {
  if (presented.certificatePem !== undefined) return undefined
  const chosen = chooseCredential(presented, false)
  return chosen.type === 'text' && !isTokenLike(chosen.text) ? chosen.text : undefined
}

function holderIn(snapshot: AccessSnapshot, key: string, now: Date): Principal {
  const entry = findKey(snapshot, key, now)
  if (!entry) throw unauthenticated('The key is unknown, revoked or expired.')
  return holderOfKey(entry)
}
