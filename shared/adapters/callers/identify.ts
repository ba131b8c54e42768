import type { AccessSnapshot } from '../../domain/access.ts'
import { findCertificate } from '../../domain/access-certificates.ts'
import {
  type ChosenCredential,
  chooseCredential,
  isTokenLike,
} from '../../domain/http/credentials.ts'
import { findKey, holderOfKey } from '../../domain/keys.ts'
import type { Principal } from '../../domain/principal.ts'
import { unauthenticated } from '../../errors.ts'
import type { AccessSnapshots } from '../../ports/access-snapshots.ts'
import type { Callers, ClientCertificate, Presented } from '../../ports/callers.ts'
import type { Tokens } from './tokens.ts'

type Dependencies = Readonly<{
  snapshots: AccessSnapshots
  now: () => Date
  /** What verifies tokens; asked for when the first one comes. */
  openTokens: () => Promise<Tokens>
  readCertificate: (pem: string) => Promise<ClientCertificate>
}>

/** Callers by the published snapshot: keys, tokens of its issuers, certificates. */
export function identifyCaller(dependencies: Dependencies): Callers {
  const { snapshots, now, openTokens, readCertificate } = dependencies
  let opening: Promise<Tokens> | undefined

  async function holderOf(text: string, snapshot: AccessSnapshot): Promise<Principal> {
    const key = findKey(snapshot, text, now())
    if (key) return holderOfKey(key)
    if (!isTokenLike(text)) throw unauthenticated('The key is unknown, revoked or expired.')
    opening ??= openTokens()
    return (await opening).holderOf(text, snapshot.issuers ?? [])
  }

  function ownerOf(certificate: ClientCertificate, { certificates }: AccessSnapshot): Principal {
    const verdict = findCertificate(certificates, certificate, now().getTime())
    if (verdict.type !== 'known') throw unauthenticated(refusals[verdict.type])
    const { entry, id } = verdict
    return { kind: 'certificate', id, name: entry.name, roles: entry.roles }
  }

  return {
    async identify(presented) {
      const snapshot = await snapshots.current()
      const certificate = await certificateOf(presented, readCertificate)
      // Whatever else comes with it: its holder should not be connected any more.
      if (certificate && certificate.notAfter <= now().getTime()) {
        throw unauthenticated(refusals.expired)
      }
      const chosen = chooseCredential(presented, certificate !== undefined)
      return {
        principal:
          chosen.type === 'certificate' && certificate
            ? ownerOf(certificate, snapshot)
            : await holderOf(textOf(chosen), snapshot),
        credential: chosen.type === 'text' ? chosen.credential : 'certificate',
      }
    },
  }
}

const refusals = {
  expired: 'The client certificate has expired.',
  ambiguous: 'The client certificate names no holder: a SPIFFE id stands alone.',
  unknown: 'The client certificate is not one of those that an admin entered.',
} as const

async function certificateOf(
  { certificate, certificatePem }: Presented,
  read: Dependencies['readCertificate'],
): Promise<ClientCertificate | undefined> {
  return certificate ?? (certificatePem === undefined ? undefined : read(certificatePem))
}

function textOf(chosen: ChosenCredential): string {
  if (chosen.type === 'text') return chosen.text
  throw chosen.type === 'unusable' ? unauthenticated(chosen.reason) : unauthenticated()
}
