// Run in a process of its own, since Node reads NODE_EXTRA_CA_CERTS once: connects to the URL that it
// is given, with the password of its second argument in the secret, and prints how that ended.
import { ask, connect } from '#shared/adapters/postgres/connect.ts'
import { aCloud } from './cloud-access.ts'

const [url = '', password = ''] = process.argv.slice(2)
const cloud = aCloud({ secret: async () => JSON.stringify({ password }) })
const sql = connect(url, { applicationName: 'test-probe' }, cloud)
const ended = await ask(
  sql<{ version: string | null }[]>`select version from pg_stat_ssl where pid = pg_backend_pid()`,
).then(
  ([row]) => ({ tls: row?.version ?? 'none' }),
  ({ kind, message }: { kind?: string; message: string }) => ({ kind, message }),
)
process.stdout.write(JSON.stringify(ended))
await sql.end({ timeout: 1 })
