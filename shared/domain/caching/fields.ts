/** The values of a header in raw headers, joined as a list (RFC 9110, section 5.3); undefined for none. */
export function fieldOf(rawHeaders: readonly string[], name: string): string | undefined {
  let value: string | undefined
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if ((rawHeaders[at] as string).toLowerCase() !== name) continue
    const each = rawHeaders[at + 1] as string
    value = value === undefined ? each : `${value}, ${each}`
  }
  return value
}

/** Raw headers without those of which `isOut` says so; names are given in lower case. */
export function withoutFields(
  rawHeaders: readonly string[],
  isOut: (name: string) => boolean,
): string[] {
  const left: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (!isOut(name.toLowerCase())) left.push(name, rawHeaders[at + 1] as string)
  }
  return left
}

/** Members of a list, in lower case. */
export function membersOf(list: string | undefined): readonly string[] {
  if (list === undefined) return []
  return list
    .split(',')
    .map((member) => member.trim().toLowerCase())
    .filter((member) => member !== '')
}

/** Fields of one connection, never of an answer that is kept (RFC 9110, section 7.6.1). */
export const connectionFields: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization'],
])
