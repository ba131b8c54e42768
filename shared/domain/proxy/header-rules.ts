/**
 * Headers that speak of one connection (RFC 9110, section 7.6.1), those of proxy authentication, and
 * `Proxy`, which CGI programs take for a setting of theirs (CVE-2016-5385). None of them goes through.
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
])

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** RFC 9110, section 5.5: no control character but the tab; bytes above 0x7f stay what they are. */
const NOT_IN_VALUES = /[^\t\x20-\x7e\x80-\xff]/

export const isToken = (text: string): boolean => TOKEN.test(text)

export const isFieldValue = (text: string): boolean => !NOT_IN_VALUES.test(text)

/** The options of a `Connection` header in lower case: headers of these names are for this hop alone. */
export function connectionOptions(value: string): readonly string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
    .filter((option) => option !== '')
}

/** What `Connection` says almost always: nothing that names a header. */
export function namesHeaders(connection: string): boolean {
  return connection !== 'keep-alive' && connection !== 'close'
}
