import { isIP } from 'node:net'
import type { HealthCheck, InstanceRef, Registration } from '#shared/domain/discovery/instance.ts'
import { DOCUMENT_KEY } from '#shared/domain/discovery/instance-document.ts'
import {
  findInstanceProblems,
  findRefProblems,
  type InputProblem,
} from '#shared/domain/discovery/instance-problems.ts'
import { Failure } from '#shared/errors.ts'
import type { UpstreamNetworks } from '#shared/ports/upstream-networks.ts'
import type { InstanceInput } from './schema.ts'

/** The key of meta that has the zone. */
export const ZONE_KEY = 'zone'

/**
 * What an instance announces, as the directory takes it.
 *
 * @param digest of its document, where it has one
 * @throws `InvalidInput` naming every wrong place
 */
export function toRegistration(
  ref: InstanceRef,
  input: InstanceInput,
  digest: string | undefined,
  networks: UpstreamNetworks,
): Registration {
  const { address, port, version, protocol, capabilities, tags, zone } = input
  const check = toCheck(input)
  const meta = {
    ...input.meta,
    ...(zone === undefined ? {} : { [ZONE_KEY]: zone }),
    ...(digest === undefined ? {} : { [DOCUMENT_KEY]: digest }),
  }
  const announced = { ...ref, address, port, version, protocol, capabilities, tags, meta }
  const registration: Registration = { ...announced, check: check.check }
  refuse([
    ...findInstanceProblems(registration).map(inPath),
    ...check.problems,
    ...reservedProblems(input),
    ...(isOutside(networks, address) ? [OUTSIDE] : []),
  ])
  return registration
}

/** @throws `InvalidInput` for what names no instance */
export function acceptRef(ref: InstanceRef): InstanceRef {
  refuse(findRefProblems(ref).map(inPath))
  return ref
}

export const OUTSIDE: InputProblem = {
  pointer: '/address',
  detail: 'lies outside the networks that upstreams may stand in (UPSTREAM_NETWORKS)',
}

/** @throws `InvalidInput` when there are any */
export function refuse(errors: readonly InputProblem[]): void {
  if (errors.length === 0) return
  throw new Failure('InvalidInput', 'The input is not valid; `errors` says where.', { errors })
}

/** Service and id stand in the path here. */
function inPath({ pointer, detail }: InputProblem): InputProblem {
  if (pointer === '/service') return { pointer: '/path/name', detail }
  return pointer === '/id' ? { pointer: '/path/id', detail } : { pointer, detail }
}

function reservedProblems({ meta, zone }: InstanceInput): InputProblem[] {
  const reserved = [DOCUMENT_KEY, ...(zone === undefined ? [] : [ZONE_KEY])]
  return reserved
    .filter((key) => key in meta)
    .map((key) => ({ pointer: `/meta/${key}`, detail: 'the key is reserved' }))
}

/**
 * Whether an address that can be read without asking anyone may not be connected to. Names are asked
 * for where they are connected to; a short form of an address (`127.1`) is no name.
 */
function isOutside(networks: UpstreamNetworks, address: string): boolean {
  const host = address.includes(':') ? `[${address}]` : address
  if (!URL.canParse(`http://${host}`)) return false
  const bare = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
  return isIP(bare) !== 0 && !networks.allows(bare)
}

type ReadCheck = Readonly<{ check: HealthCheck; problems: readonly InputProblem[] }>

function toCheck({ check: given, address, port }: InstanceInput): ReadCheck {
  const { http, scheme, interval_ms, timeout_ms, remove_after_ms } = given
  const removal = remove_after_ms === undefined ? {} : { removeAfterMs: remove_after_ms }
  if (http === undefined) {
    const ttlMs = given.ttl_ms ?? interval_ms
    return { check: { kind: 'ttl', ttlMs, ...removal }, problems: [] }
  }
  const target = targetOf(http, address, port)
  const check: HealthCheck = {
    kind: 'http',
    scheme: scheme ?? target?.scheme ?? 'http',
    path: target?.path ?? '/',
    intervalMs: interval_ms,
    timeoutMs: timeout_ms,
    ...removal,
  }
  const detail = 'must be a path that begins with /, or a URL of the own address and port'
  return { check, problems: target ? [] : [{ pointer: '/check/http', detail }] }
}

/** Where a check asks: a check that leads elsewhere would let an instance send us anywhere. */
function targetOf(http: string, address: string, port: number) {
  if (http.startsWith('/')) return { scheme: undefined, path: http }
  const [, scheme, authority, path] = /^(https?):\/\/([^/?#]+)(\/[^#]*)?$/.exec(http) ?? []
  const host = address.includes(':') ? `[${address}]` : address
  if (!authority || authority.toLowerCase() !== `${host}:${port}`.toLowerCase()) return undefined
  return { scheme: scheme === 'https' ? 'https' : 'http', path: path ?? '/' } as const
}
