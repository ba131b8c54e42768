/**
 * The texts in a secret that is a JSON object, `{}` for any other. Never part of a message: a parser's
 * complaint quotes what it read.
 */
export function jsonSecret(text: string): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return {}
    return Object.fromEntries(
      Object.entries(value).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    )
  } catch {
    return {}
  }
}
