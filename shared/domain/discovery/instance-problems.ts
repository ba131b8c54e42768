import type { HealthCheck, InstanceRef, Registration } from './instance.ts'
import { packWords } from './packed-words.ts'

/** One wrong place of a registration: a JSON pointer (RFC 6901) and what is wrong there. */
export type InputProblem = Readonly<{ pointer: string; detail: string }>

/** Consul's limits on a service's Meta; it counts bytes, whatever its messages say. */
export const META_PAIRS = 64
const META_KEY_BYTES = 128
export const META_VALUE_BYTES = 512

const MAX_TAGS = 64
const MAX_CAPABILITIES = 256
const DAY_MS = 86_400_000

/** A DNS label (RFC 1123), lower case: Consul does not tell upper from lower in a lookup. */
const SERVICE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const ID = /^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$/
const HOST =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i
/** https://semver.org, its own suggestion. */
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/
const PROTOCOL = /^[a-z][a-z0-9+.-]{0,31}$/
/** What a capability or a tag may be: printable, without spaces. */
const WORD = /^[!-~]{1,128}$/
const META_KEY = /^[A-Za-z0-9_-]+$/
/** Keys that hold the registration's own fields, and Consul's. */
const RESERVED = /^(version|protocol|capabilities(-\d+)?|consul-.*)$/
const CHECK_PATH = /^\/[!-~]{0,1023}$/

const byteLength = (text: string) => new TextEncoder().encode(text).length

/** What is wrong with a registration; empty when every adapter can hold it. */
export function findInstanceProblems(registration: Registration): readonly InputProblem[] {
  const { address, port, version, protocol, capabilities, tags, meta, check } = registration
  const problems = [...findRefProblems(registration)]
  const require = (holds: boolean, pointer: string, detail: string) => {
    if (!holds) problems.push({ pointer, detail })
  }
  require(isAddress(address), '/address', 'is no host name or IP address')
  require(Number.isInteger(port) && port > 0 && port < 65_536, '/port', 'must be 1 to 65535')
  require(version.length <= 128 && SEMVER.test(version), '/version', 'is no Semantic Version')
  require(PROTOCOL.test(protocol), '/protocol', 'must be a short lower-case name')
  require(areWords(tags, MAX_TAGS), '/tags', `must be at most ${MAX_TAGS} words`)
  require(areWords(
    capabilities,
    MAX_CAPABILITIES,
  ), '/capabilities', `must be at most ${MAX_CAPABILITIES} words`)
  const own = 2 + packWords(capabilities, META_VALUE_BYTES).length
  const pairs = Object.keys(meta).length
  require(pairs + own <=
    META_PAIRS, '/meta', `has ${pairs} pairs; beside version, protocol and capabilities there is room for ${META_PAIRS - own}`)
  return [...problems, ...findMetaProblems(meta), ...findCheckProblems(check)]
}

/** What is wrong with a service's name or an instance's id. */
export function findRefProblems({ service, id }: InstanceRef): readonly InputProblem[] {
  return [
    ...(SERVICE.test(service)
      ? []
      : [
          {
            pointer: '/service',
            detail: 'must be a lower-case DNS label of at most 63 characters',
          },
        ]),
    ...(ID.test(id)
      ? []
      : [
          {
            pointer: '/id',
            detail: 'must be lower-case letters, digits, dots, dashes, at most 128',
          },
        ]),
  ]
}

function findMetaProblems(meta: Registration['meta']): InputProblem[] {
  return Object.entries(meta).flatMap(([key, value]) => {
    const pointer = `/meta/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!META_KEY.test(key) || key.length > META_KEY_BYTES) {
      const detail = `a key is letters, digits, _ and -, at most ${META_KEY_BYTES}`
      return [{ pointer, detail }]
    }
    if (RESERVED.test(key)) return [{ pointer, detail: 'the key is reserved' }]
    if (!value.isWellFormed() || byteLength(value) > META_VALUE_BYTES) {
      return [{ pointer, detail: `must be text of at most ${META_VALUE_BYTES} bytes` }]
    }
    return []
  })
}

function findCheckProblems(check: HealthCheck): InputProblem[] {
  const problems: InputProblem[] = []
  const within = (value: number, least: number, most: number, pointer: string) => {
    if (Number.isInteger(value) && value >= least && value <= most) return
    problems.push({ pointer, detail: `must be ${least} to ${most} ms` })
  }
  if (check.kind === 'ttl') within(check.ttlMs, 1_000, DAY_MS, '/check/ttl_ms')
  else {
    within(check.intervalMs, 1_000, DAY_MS, '/check/interval_ms')
    within(check.timeoutMs, 100, 60_000, '/check/timeout_ms')
    const path = check.path
    if (!CHECK_PATH.test(path)) {
      problems.push({ pointer: '/check/http', detail: 'must be a path that begins with /' })
    }
  }
  // Consul removes nothing sooner than after a minute.
  if (check.removeAfterMs !== undefined) {
    within(check.removeAfterMs, 60_000, 30 * DAY_MS, '/check/remove_after_ms')
  }
  return problems
}

function areWords(words: readonly string[], most: number): boolean {
  return words.length <= most && words.every((word) => WORD.test(word))
}

function isAddress(address: string): boolean {
  return HOST.test(address) || (address.includes(':') && URL.canParse(`http://[${address}]`))
}
