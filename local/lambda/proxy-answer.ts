import type { Body } from './wire.ts'

/** A function's answer as it goes out: header names and values in turn. */
export type HttpAnswer = Readonly<{ status: number; headers: readonly string[]; body: Body }>

type HeaderMap = Readonly<Record<string, unknown>> | null | undefined

/** These say how a connection is used, which is not the function's business. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
])

/**
 * Reads what a function of a proxy integration returned (API Gateway developer guide, "Output format
 * of a Lambda function for proxy integration"); undefined when it is malformed, which is a 502.
 */
export function readAnswer(result: unknown): HttpAnswer | undefined {
  const head = readHead(result)
  if (!head) return undefined
  const { body, isBase64Encoded } = result as { body?: unknown; isBase64Encoded?: unknown }
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined
  const text = body ?? ''
  return {
    ...head,
    body: isBase64Encoded === true ? Uint8Array.from(Buffer.from(text, 'base64')) : text,
  }
}

/** The status and headers of an answer, or of a stream's prelude. */
export function readHead(value: unknown): Omit<HttpAnswer, 'body'> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { statusCode, headers, multiValueHeaders, cookies } = value as {
    statusCode?: unknown
    headers?: HeaderMap
    multiValueHeaders?: HeaderMap
    cookies?: readonly string[]
  }
  const status = Number(statusCode)
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined
  const flat: string[] = []
  const many = multiValueHeaders ?? {}
  for (const name in many) {
    const values = many[name]
    if (!Array.isArray(values)) return undefined
    for (const each of values) if (!addHeader(flat, name, each)) return undefined
  }
  for (const name in headers ?? {}) {
    if (Object.hasOwn(many, name)) continue
    if (!addHeader(flat, name, headers?.[name])) return undefined
  }
  for (const cookie of cookies ?? []) flat.push('set-cookie', cookie)
  return { status, headers: flat }
}

function addHeader(flat: string[], name: string, value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'object') return false
  if (!CONNECTION_HEADERS.has(name.toLowerCase())) flat.push(name, String(value))
  return true
}
