import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A key and what an authority signed for it: paths of PEM files, and what they hold. */
export type Issued = Readonly<{ certificate: string; key: string; cert: string; keyText: string }>

/** A certificate authority of a test's own. */
export type Authority = Readonly<{
  /** Path of its certificate. */
  path: string
  cert: string
  keyText: string
  /** @param names `DNS:a`, `IP:127.0.0.1`, `URI:spiffe://a/b` @param days one that is below 0 is over */
  issue(subject: string, names?: readonly string[], days?: number): Issued
}>

/** A folder with certificate authorities, made by openssl. */
export function certificates() {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-certificates-'))
  let made = 0
  const file = (name: string) => join(folder, `${name}-${made}.pem`)

  function makeAuthority(name: string): Authority {
    made += 1
    const [path, key] = [file('authority'), file('authority-key')]
    openssl([
      ...['req', '-x509', ...NEW_KEY, '-keyout', key, '-out', path],
      ...['-days', '2', '-subj', `/CN=${name}`],
    ])
    return {
      path,
      cert: readFileSync(path, 'utf8'),
      keyText: readFileSync(key, 'utf8'),
      issue: (subject, names = [], days = 1) => issue({ path, key }, subject, names, days),
    }
  }

  function issue(
    authority: Readonly<{ path: string; key: string }>,
    subject: string,
    names: readonly string[],
    days: number,
  ): Issued {
    made += 1
    const [certificate, key, request] = [file('leaf'), file('leaf-key'), file('request')]
    const extensions = file('extensions')
    writeFileSync(extensions, names.length > 0 ? `subjectAltName=${names.join(',')}\n` : '')
    openssl(['req', '-new', ...NEW_KEY, '-keyout', key, '-out', request, '-subj', subject])
    openssl([
      ...['x509', '-req', '-in', request, '-out', certificate, '-extfile', extensions],
      ...['-CA', authority.path, '-CAkey', authority.key, '-days', String(days)],
    ])
    const [cert, keyText] = [readFileSync(certificate, 'utf8'), readFileSync(key, 'utf8')]
    return { certificate, key, cert, keyText }
  }

  return {
    folder,
    authority: makeAuthority,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' })
}
