/** Member of W3C `baggage` that names the session, for callers behind the first hop. */
export const SESSION_MEMBER = 'omninode-session'

/** A member's value (W3C Baggage, section 3.3): percent-decoded, without its properties. */
export function baggageMember(baggage: string | undefined, name: string): string | undefined {
  if (baggage === undefined || !baggage.includes(name)) return undefined
  for (const member of baggage.split(',')) {
    const equals = member.indexOf('=')
    if (equals < 0 || member.slice(0, equals).trim() !== name) continue
    const [value = ''] = member.slice(equals + 1).split(';')
    return decoded(value.trim())
  }
  return undefined
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    // A value that is none is as good as no value.
    return undefined
  }
}
