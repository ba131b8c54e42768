import { randomUUID } from 'node:crypto'
import { register } from '../register.mjs'
import { serve } from '../serve.mjs'

/**
 * Takes orders: asks for stock and price, then reserves, all by way of the bridge. It passes on what
 * belongs to the caller's session, so that the bridge sees one story and not three.
 */
const { BRIDGE_URL, BRIDGE_KEY } = process.env
const passedOn = ['traceparent', 'baggage', 'x-session-id', 'x-correlation-id', 'x-deadline']

async function call(headers, service, path, { version, key, ...options } = {}) {
  const own = Object.fromEntries(
    passedOn.flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])),
  )
  const response = await fetch(`${BRIDGE_URL}/proxy/${service}${path}`, {
    ...options,
    headers: {
      ...own,
      'x-api-key': BRIDGE_KEY,
      ...(version ? { 'accept-version': version } : {}),
      ...(key ? { 'idempotency-key': key } : {}),
      ...(options.body ? { 'content-type': 'application/json' } : {}),
    },
  })
  return { status: response.status, body: await response.json() }
}

const port = await serve(async ({ method, url, headers, body }) => {
  if (method !== 'POST' || url !== '/orders') return [404, { error: 'nothing there' }]
  const { sku, quantity } = body
  // Written for the first version of stock, and never changed since.
  const stock = await call(headers, 'stock', `/stock/${sku}`, { version: '^1' })
  if (stock.status !== 200) return [502, { error: 'stock', ...stock }]
  if (stock.body.left < quantity) return [409, { error: `only ${stock.body.left} left` }]
  const price = await call(headers, 'prices', `/prices/${sku}`)
  if (price.status !== 200) return [502, { error: 'prices', ...price }]
  const reserved = await call(headers, 'stock', '/reservations', {
    method: 'POST',
    // So that the bridge may ask another instance when one dies on the way.
    key: randomUUID(),
    body: JSON.stringify({ sku, quantity }),
  })
  if (reserved.status !== 201) return [502, { error: 'reservation', ...reserved }]
  return [201, { sku, quantity, total: price.body.price * quantity }]
})
await register({ port, version: '1.0.0', capabilities: ['orders.place'] })
