import { type ConsulSettings, consulSettings } from '#shared/adapters/consul/settings.ts'

/** Consul's own HTTP API, for what only a test does. The path begins after `/v1`. */
export async function askConsul(
  { secure, host, port, token }: ConsulSettings,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${secure ? 'https' : 'http'}://${host}:${port}/v1${path}`, {
    method,
    headers: token === undefined ? {} : { 'X-Consul-Token': token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** Destroys the session that holds a lock, as an operator can. */
export async function destroyHolder(settings: ConsulSettings, name: string): Promise<void> {
  const path = `/kv/omninode-bridge/.locks/${name}`
  const [{ Session }] = (await askConsul(settings, 'GET', path)) as [{ Session: string }]
  await askConsul(settings, 'PUT', `/session/destroy/${Session}`)
}

/** The Consul that the environment names; undefined when it names none. */
export function consulUnderTest(): ConsulSettings | undefined {
  return process.env.CONSUL_HTTP_ADDR ? consulSettings(process.env) : undefined
}
