import { Failure } from '../../errors.ts'
import { guardedFetch } from '../network/guarded-fetch.ts'
import { unavailable } from './failure.ts'
import type { ConsulSettings } from './settings.ts'

const MOST_BYTES = 4_194_304
/** The agent is named by whoever sets the bridge up, not by a caller. */
const ANYWHERE = { allows: () => true }

export type AgentAnswer = Readonly<{ value: unknown; index: number }>

/** Reads what npm consul has no call for. @throws `Forbidden`, `NotFound`, `Unavailable` */
export async function agentGet(
  { secure, host, port, token, ca }: ConsulSettings,
  path: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AgentAnswer> {
  const url = `${secure ? 'https' : 'http'}://${host}:${port}/v1/${path}`
  const { status, headers, body } = await guardedFetch(url, {
    networks: ANYWHERE,
    ...{ timeoutMs, maxBytes: MOST_BYTES, signal },
    headers: token === undefined ? {} : { 'x-consul-token': token },
    ...(ca === undefined ? {} : { ca }),
  })
  const said = () => String(body).slice(0, 200).trim()
  if (status === 401 || status === 403) {
    throw new Failure('Forbidden', `Consul: ${said()} (${status}): the token lacks a right`)
  }
  if (status === 404) throw new Failure('NotFound', `Consul: ${said()}`)
  if (status !== 200) throw unavailable(`${said()} (${status})`)
  return { value: JSON.parse(String(body)), index: Number(headers['x-consul-index'] ?? 0) }
}
