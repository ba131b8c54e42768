type Level = 'debug' | 'info' | 'warn' | 'error'

/**
 * Writes one JSON line. `code` is a constant that alarms and people search for; fields never carry
 * payloads, keys or secrets.
 */
export function log(level: Level, code: string, fields: Readonly<Record<string, unknown>> = {}) {
  const line = JSON.stringify({
    timestamp: new Date().toISOString(),
    level,
    code,
    ...fields,
  })
  process.stdout.write(`${line}\n`)
}

/** An error's fields for a log line, its cause included. */
export function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { error: String(error) }
  return {
    error: error.message,
    kind: error.name,
    ...(error.cause === undefined ? {} : { cause: String(error.cause) }),
  }
}
