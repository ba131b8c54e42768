import { jsonSecret } from '../domain/json-secret.ts'
import { Failure } from '../errors.ts'
import type { CloudAccess } from '../ports/cloud-access.ts'
import { cloudAccess } from './cloud-access.ts'

const REFERENCE = /^secret:(arn:[^#]+)(?:#(.+))?$/s

/** By ARN, for as long as this environment lives: several settings may lie in one secret. */
const texts = new Map<string, Promise<string>>()

/**
 * What an environment variable stands for: itself, or with `secret:<ARN>` the text of a secret, or
 * with `secret:<ARN>#<key>` one value of a secret that is a JSON object. Meant for the cold start.
 *
 * @throws `InvalidInput` for a malformed reference, `Misconfigured` for a secret that is not there or
 *   lacks the key, `Unavailable`
 */
export async function secretValue(
  value: string,
  { secret }: Pick<CloudAccess, 'secret'> = cloudAccess,
): Promise<string> {
  if (!value.startsWith('secret:')) return value
  const [, arn, key] = REFERENCE.exec(value) ?? []
  if (!arn)
    throw new Failure('InvalidInput', 'a secret is named by secret:<ARN> or secret:<ARN>#<key>')
  const reading = texts.get(arn) ?? secret(arn)
  texts.set(arn, reading)
  try {
    return key === undefined ? await reading : valueIn(await reading, arn, key)
  } catch (error) {
    // What is wrong now may be mended when the function starts anew in the same environment.
    texts.delete(arn)
    throw error
  }
}

function valueIn(text: string, arn: string, key: string): string {
  const value = jsonSecret(text)[key]
  if (value !== undefined) return value
  throw new Failure('Misconfigured', `secret ${arn} is no JSON object with a text at "${key}"`)
}
