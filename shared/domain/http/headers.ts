/** Headers as API Gateway hands them over: names in the sender's case. */
export type RequestHeaders = Readonly<Record<string, string | undefined>> | null | undefined

/** A header's value by its name in lower case. */
export function headerOf(headers: RequestHeaders, name: string): string | undefined {
  if (!headers) return undefined
  const direct = headers[name]
  if (direct !== undefined) return direct
  for (const key in headers) {
    if (key.length === name.length && key.toLowerCase() === name) return headers[key]
  }
  return undefined
}
