/**
 * Member of W3C `baggage` that carries pinned versions: `omninode-versions=billing:2.0.0/users:1.4.0`.
 * Neither a service's name nor a version has a slash or a character that baggage would escape.
 */
export const VERSIONS_MEMBER = 'omninode-versions'

/** Services that one request can have pinned. */
const MOST_PINS = 32
/** A service's name (a DNS label), a colon, a version. */
const PIN = /^([a-z0-9][a-z0-9-]{0,62}):([0-9A-Za-z.+-]{1,128})$/

/** The versions that earlier hops pinned, by service. Reads at most 32; what is no pin is left out. */
export function readVersionPins(baggage: string | undefined): ReadonlyMap<string, string> {
  const pins = new Map<string, string>()
  if (!baggage?.includes(VERSIONS_MEMBER)) return pins
  for (const member of baggage.split(',')) {
    const value = isPins(member) ? pinsOf(member) : ''
    for (const text of value.split('/', MOST_PINS)) {
      const [, service, version] = PIN.exec(text) ?? []
      if (service && version && pins.size < MOST_PINS) pins.set(service, version)
    }
  }
  return pins
}

/** The baggage with a service's version pinned, everything else as it was. A full one is left alone. */
export function addVersionPin(
  baggage: string | undefined,
  service: string,
  version: string,
): string {
  const pins = new Map(readVersionPins(baggage))
  if (pins.size < MOST_PINS || pins.has(service)) pins.set(service, version)
  const own = `${VERSIONS_MEMBER}=${[...pins].map((pin) => pin.join(':')).join('/')}`
  const others = (baggage ?? '').split(',').filter((member) => member.trim() && !isPins(member))
  return [...others.map((member) => member.trim()), own].join(',')
}

const isPins = (member: string) => member.split('=', 1)[0]?.trim() === VERSIONS_MEMBER

/** Behind the equals sign, before properties; percent-decoded where it is encoded well. */
function pinsOf(member: string): string {
  const value =
    member
      .slice(member.indexOf('=') + 1)
      .split(';', 1)[0]
      ?.trim() ?? ''
  try {
    return decodeURIComponent(value)
  } catch {
    return ''
  }
}
