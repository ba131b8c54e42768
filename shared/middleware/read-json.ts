import type { APIGatewayProxyEvent } from 'aws-lambda'
import { isJsonType } from '../domain/events/record.ts'
import { headerOf } from '../domain/http/headers.ts'
import { Failure } from '../errors.ts'

/** A settings or query body is small. */
const MAX_BYTES = 1_048_576

/**
 * The JSON of a request's body.
 *
 * @throws `UnsupportedMedia` for another media type, `TooLarge` over 1 MiB, `Malformed` for what is
 *   no JSON.
 */
export function readJson(event: APIGatewayProxyEvent): unknown {
  const mediaType = headerOf(event.headers, 'content-type')
  if (!isJsonType(mediaType)) {
    throw new Failure('UnsupportedMedia', 'The body must be application/json.')
  }
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > MAX_BYTES) throw new Failure('TooLarge', 'The body is larger than 1 MiB.')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not UTF-8'
    throw new Failure('Malformed', `The body is not JSON: ${reason}.`, { cause: error })
  }
}
