/**
 * All that a service needs to be found: it says where it is and what it can do, and takes itself out
 * when it stops. The bridge asks `/health` from then on.
 */
export async function register({ port, version, capabilities }) {
  const { BRIDGE_URL, BRIDGE_KEY, SERVICE, INSTANCE } = process.env
  const url = `${BRIDGE_URL}/services/${SERVICE}/instances/${INSTANCE}`
  const authorization = `Bearer ${BRIDGE_KEY}`
  const response = await fetch(url, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ address: '127.0.0.1', port, version, capabilities },
      check: { http: '/health', interval_ms: 1000 },
    }),
  })
  if (!response.ok) throw new Error(`not registered: ${response.status} ${await response.text()}`)
  process.once('SIGTERM', async () => {
    await fetch(url, { method: 'DELETE', headers: { authorization } })
    process.exit(0)
  })
}
