/** The files that a server speaks TLS by, as its environment names them. */
export type TlsFiles = Readonly<{
  /** PEM: the server's own certificate, then those between it and an authority. */
  certificate: string
  key: string
  /** Authorities whose clients are known by their certificates. */
  clientAuthorities: string | undefined
  /** Whether a client without a verified certificate is sent away. */
  requiresClients: boolean
}>

/**
 * Reads `TLS_CERT`, `TLS_KEY`, `TLS_CLIENT_CA` and `TLS_CLIENT_AUTH`; undefined where none is set.
 *
 * @throws `Error` for some that do not go together
 */
export function readTlsFiles(
  env: Readonly<Record<string, string | undefined>>,
): TlsFiles | undefined {
  const { TLS_CERT, TLS_KEY, TLS_CLIENT_CA, TLS_CLIENT_AUTH } = env
  if (!TLS_CERT !== !TLS_KEY) throw new Error('TLS_CERT and TLS_KEY go together.')
  if (TLS_CLIENT_CA && !TLS_CERT) throw new Error('TLS_CLIENT_CA needs TLS_CERT and TLS_KEY.')
  if (TLS_CLIENT_AUTH && !TLS_CLIENT_CA) throw new Error('TLS_CLIENT_AUTH needs TLS_CLIENT_CA.')
  if (TLS_CLIENT_AUTH && !/^(required|optional)$/.test(TLS_CLIENT_AUTH)) {
    throw new Error(`TLS_CLIENT_AUTH is '${TLS_CLIENT_AUTH}': give required or optional.`)
  }
  if (!TLS_CERT || !TLS_KEY) return undefined
  return {
    certificate: TLS_CERT,
    key: TLS_KEY,
    clientAuthorities: TLS_CLIENT_CA || undefined,
    requiresClients: Boolean(TLS_CLIENT_CA) && TLS_CLIENT_AUTH !== 'optional',
  }
}
