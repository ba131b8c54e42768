import { register } from '../register.mjs'
import { serve } from '../serve.mjs'

/**
 * How much there is of what. 2.0.0 answers in another form than 1.x, and has a fault: it does not know
 * lamps any more.
 */
const version = process.env.VERSION ?? '1.4.0'
const isNew = version.startsWith('2.')
const left = { chair: 40, lamp: 7, sofa: 3 }
/** By `Idempotency-Key`; where they must outlive an instance they belong in a database. */
const reservations = new Map()

const port = await serve(({ method, url, headers, body }) => {
  const sku = url.split('/')[2] ?? ''
  if (method === 'POST' && url === '/reservations') {
    const key = headers['idempotency-key']
    if (!reservations.has(key)) reservations.set(key, reservations.size + 1)
    return [201, { id: reservations.get(key), ...body }]
  }
  if (isNew && sku === 'lamp') return [500, { error: 'no lamp in the new warehouse' }]
  if (!(sku in left)) return [404, { error: `no ${sku}` }]
  const available = left[sku]
  return [200, isNew ? { sku, stock: { available, warehouse: 'west' } } : { sku, left: available }]
})
await register({ port, version, capabilities: ['stock.read', 'stock.reserve'] })
