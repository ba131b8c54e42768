import type { Health, ListedInstance } from '../discovery/instance.ts'
import { digest } from '../recording/identity.ts'

/** What was announced last of an instance, short: a service's all lie under one key of 512 KiB. */
export type AnnouncedInstance = readonly [
  health: Health,
  version: string,
  /** Of everything else that it says of itself. */
  digest: string,
]

/** 48 bits: a changed instance whose digest is the same would be passed over. */
const DIGEST_DIGITS = 12

export function announcedInstance({ health, ...instance }: ListedInstance): AnnouncedInstance {
  const { service: _, id: __, reason: ___, version, ...rest } = instance
  // Tags and capabilities in their order: it is the instance's own.
  const meta = Object.entries(rest.meta).sort(([a], [b]) => (a < b ? -1 : 1))
  const { address, port, protocol, capabilities, tags } = rest
  const said = JSON.stringify([address, port, protocol, capabilities, tags, meta])
  return [health, version, digest(said).slice(0, DIGEST_DIGITS)]
}
