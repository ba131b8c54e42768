import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const tool = join(import.meta.dirname, '../../../shared/parts/postgres/postgres')

/** Whether this machine can start one. */
export const canStartTlsPostgres = existsSync(tool)

export type TlsPostgres = Readonly<{
  port: number
  /** The file with the only certificate that signs the server's, which is for `localhost`. */
  caFile: string
  stop(): Promise<void>
}>

/** A PostgreSQL that speaks TLS; user and password are `postgres`. */
export async function startTlsPostgres(name: string, port: number): Promise<TlsPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-pg-tls-'))
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })
  const key = ['-newkey', 'rsa:2048', '-nodes']
  await writeFile(
    join(folder, 'san'),
    'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n',
  )
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=test CA',
  )
  await openssl(
    'req',
    '-new',
    ...key,
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=pg',
  )
  await openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
    ...['-CAcreateserial', '-extfile', 'san', '-out', 'server.crt'],
  )
  const file = (name: string) => join(folder, name)
  await chmod(folder, 0o755)
  if (process.getuid?.() === 0) await ownedByServer(file('server.key'))
  await run(tool, [
    ...['start', '--name', name, '--port', String(port), '--set', 'ssl=on'],
    ...['--set', `ssl_cert_file=${file('server.crt')}`],
    ...['--set', `ssl_key_file=${file('server.key')}`],
  ])
  return {
    ...{ port, caFile: file('ca.pem') },
    async stop() {
      await run(tool, ['stop', '--name', name, '--purge'])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As root the server runs as another user, and takes a key only from that one or from root's group. */
async function ownedByServer(key: string): Promise<void> {
  const { stdout } = await run('id', ['-g', 'postgres'])
  const { uid } = await stat(key)
  await chown(key, uid, Number(stdout))
  await chmod(key, 0o640)
}
