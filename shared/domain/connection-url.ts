/** The parts of a URL that says how to reach a service. */
export type ConnectionUrl = Readonly<{
  scheme: string
  user: string | undefined
  password: string | undefined
  /** What follows `//` and user, up to a `/` or `?`; what follows `:` in a URL without `//`. */
  authority: string
  /** From the `/` on, empty when there is none. */
  path: string
  parameters: ReadonlyMap<string, string>
}>

const WITH_AUTHORITY = /^([a-z][a-z0-9+.-]*):\/\/(?:([^@/?]*)@)?([^@/?]*)(\/[^?]*)?(?:\?(.*))?$/s
const OPAQUE = /^([a-z][a-z0-9+.-]*):(?!\/\/)()([^?]+)()(?:\?(.*))?$/s

/**
 * Takes a connection URL apart. Unlike in a web address `+` stands for itself and there is no
 * fragment, since names of AWS resources stand in parameters as they are.
 *
 * @returns undefined when it is none, or when a `%` in it is not followed by two hex digits.
 */
export function parseConnectionUrl(url: string): ConnectionUrl | undefined {
  const [, scheme = '', userinfo, authority = '', path = '', query = ''] =
    WITH_AUTHORITY.exec(url) ?? OPAQUE.exec(url) ?? []
  if (!scheme) return undefined
  const [user, password] = splitOnce(userinfo ?? '', ':')
  try {
    return {
      scheme,
      user: user ? decodeURIComponent(user) : undefined,
      password: password === undefined ? undefined : decodeURIComponent(password),
      authority,
      path,
      parameters: parametersOf(query),
    }
  } catch {
    return undefined
  }
}

function parametersOf(query: string): ReadonlyMap<string, string> {
  const pairs = query.split('&').filter((pair) => pair !== '')
  return new Map(
    pairs.map((pair) => {
      const [name, value = ''] = splitOnce(pair, '=')
      return [decodeURIComponent(name), decodeURIComponent(value)]
    }),
  )
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)]
}

/**
 * A connection URL for people to read: without its password, wherever it stands. Rather hides too
 * much than too little of a URL that is malformed.
 */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^:@/?]*):.*@/s, '$1@')
    .replace(/([?&][^=&]*(?:password|passphrase|token)[^=&]*)=[^&]*/gi, '$1=hidden')
}
