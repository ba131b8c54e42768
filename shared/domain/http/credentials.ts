import { headerOf, type RequestHeaders } from './headers.ts'

/** The key a caller presents: `Authorization: Bearer <key>` (RFC 6750), else `X-API-Key: <key>`. */
export function presentedKey(headers: RequestHeaders): string | undefined {
  const authorization = headerOf(headers, 'authorization')
  const bearer = authorization === undefined ? null : /^bearer +(\S+) *$/i.exec(authorization)
  return bearer?.[1] ?? headerOf(headers, 'x-api-key')
}
