import { isSpiffeId, SPIFFE } from './spiffe.ts'

/** Which certificates an entry is about. */
export type CertificateMatch =
  /** `spiffe://trust-domain/path`, to the letter. */
  | Readonly<{ kind: 'spiffe-id'; value: string }>
  /** Every SPIFFE id below a path: `spiffe://trust-domain/path/`. */
  | Readonly<{ kind: 'spiffe-prefix'; value: string }>
  /** The subject's RFC 2253 text, to the letter. */
  | Readonly<{ kind: 'subject'; value: string }>

/** What the holder of a client certificate may do. */
export type CertificateEntry = Readonly<{
  name: string
  match: CertificateMatch
  /** Names of roles, built-in ones and those of `/roles`. */
  roles: readonly string[]
}>

/** What a certificate says of its holder, once TLS has verified it. */
export type CertificateNames = Readonly<{
  uris: readonly string[]
  subject: string
  /** ms since the epoch */
  notAfter: number
}>

export type CertificateVerdict =
  /** `id` names the holder: the SPIFFE id, else the subject. */
  | Readonly<{ type: 'known'; entry: CertificateEntry; id: string }>
  | Readonly<{ type: 'expired' }>
  /** More than one SPIFFE id, or one that is none. */
  | Readonly<{ type: 'ambiguous' }>
  | Readonly<{ type: 'unknown' }>

/**
 * Finds the entry of a certificate: by its SPIFFE id, by its subject, then by the longest prefix.
 * A certificate with a SPIFFE id has exactly one URI (X.509-SVID, section 2).
 */
export function findCertificate(
  entries: readonly CertificateEntry[] = [],
  { uris, subject, notAfter }: CertificateNames,
  nowMs: number,
): CertificateVerdict {
  if (notAfter <= nowMs) return { type: 'expired' }
  const spiffeId = uris.find((uri) => uri.toLowerCase().startsWith(SPIFFE))
  if (spiffeId !== undefined && (uris.length > 1 || !isSpiffeId(spiffeId))) {
    return { type: 'ambiguous' }
  }
  const index = indexOf(entries)
  const entry =
    (spiffeId === undefined ? undefined : index.get(`spiffe-id ${spiffeId}`)) ??
    index.get(`subject ${subject}`) ??
    (spiffeId === undefined ? undefined : longestPrefix(index, spiffeId))
  return entry ? { type: 'known', entry, id: spiffeId ?? subject } : { type: 'unknown' }
}

type Index = ReadonlyMap<string, CertificateEntry>

function longestPrefix(index: Index, spiffeId: string): CertificateEntry | undefined {
  for (let end = spiffeId.lastIndexOf('/'); end >= SPIFFE.length; ) {
    const entry = index.get(`spiffe-prefix ${spiffeId.slice(0, end + 1)}`)
    if (entry) return entry
    end = spiffeId.lastIndexOf('/', end - 1)
  }
  return undefined
}

const indexes = new WeakMap<readonly CertificateEntry[], Index>()

/** Entries by kind and value: snapshots are replaced, never changed. */
function indexOf(entries: readonly CertificateEntry[]): Index {
  let index = indexes.get(entries)
  if (!index) {
    index = new Map(entries.map((entry) => [`${entry.match.kind} ${entry.match.value}`, entry]))
    indexes.set(entries, index)
  }
  return index
}
