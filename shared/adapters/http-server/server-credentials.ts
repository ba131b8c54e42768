import { readFileSync, type Stats, unwatchFile, watchFile } from 'node:fs'
import type { Server, ServerOptions } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { TlsFiles } from './tls-files.ts'

/** What a server of `node:https` is made with, and how it hears of new files. */
export type ServerCredentials = Readonly<{
  options: ServerOptions
  /** Lets new connections be met with what the files hold now; connections that are open stay. */
  follow(server: Server, heard: CredentialNews): () => void
}>

export type CredentialNews = Readonly<{
  changed(): void
  /** The files do not go together, or can't be read: what was read before stays in use. */
  refused(error: Error): void
}>

/** How often the files are looked at, ms. */
const LOOK_EVERY_MS = 1_000

/**
 * Reads certificate, key and client authorities. Clients are asked for certificates where there are
 * authorities; one that shows none, or one that fails, is sent away or stays unknown.
 *
 * @throws `Error` when a file can't be read, or the key is not the certificate's
 */
export function serverCredentials(files: TlsFiles, lookEveryMs = LOOK_EVERY_MS): ServerCredentials {
  const first = read(files)
  const { clientAuthorities, requiresClients } = files
  const options: ServerOptions = {
    ...first,
    requestCert: clientAuthorities !== undefined,
    rejectUnauthorized: requiresClients,
  }
  return { options, follow: (server, heard) => follow(files, server, heard, lookEveryMs) }
}

function follow(files: TlsFiles, server: Server, heard: CredentialNews, interval: number) {
  const { certificate, key, clientAuthorities } = files
  const paths = [certificate, key, ...(clientAuthorities ? [clientAuthorities] : [])]
  const look = (now: Stats, before: Stats) => {
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino) return
    try {
      server.setSecureContext(read(files))
      heard.changed()
    } catch (error) {
      // Between the change of one file and of the next they do not go together.
      heard.refused(error as Error)
    }
  }
  // By looking again and again: files of a mounted secret are replaced by moving a link elsewhere.
  for (const path of paths) watchFile(path, { interval, persistent: false }, look)
  return () => {
    for (const path of paths) unwatchFile(path, look)
  }
}

function read({ certificate, key, clientAuthorities }: TlsFiles) {
  const read = {
    cert: pem(certificate),
    key: pem(key),
    ...(clientAuthorities ? { ca: pem(clientAuthorities) } : {}),
    minVersion: 'TLSv1.2',
  } as const
  try {
    createSecureContext(read)
  } catch (error) {
    const cause = { cause: error }
    throw new Error(`${certificate} and ${key} make no TLS: ${(error as Error).message}`, cause)
  }
  return read
}

function pem(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`${path} can't be read: ${(error as Error).message}`, { cause: error })
  }
}
