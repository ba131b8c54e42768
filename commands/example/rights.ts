import type { Bridge } from '../demo/bridge.ts'

/** What each service may do: register itself, and call what it needs. */
const roles = {
  'example-stock': [{ service: 'stock', capabilities: [], register: true }],
  'example-prices': [{ service: 'prices', capabilities: [], register: true }],
  'example-orders': [
    { service: 'orders', capabilities: [], register: true },
    { service: 'stock', capabilities: ['stock.read', 'stock.reserve'] },
    { service: 'prices', capabilities: ['prices.read'] },
  ],
} as const

export type RoleName = keyof typeof roles
export type Rights = Readonly<{ keys: Readonly<Record<RoleName, string>>; remove(): Promise<void> }>

type NewKey = Readonly<{ key: string }>
type Key = Readonly<{ id: string; roles: readonly string[] }>

/**
 * Makes the roles and a key for each. `remove` takes both away again, and what an earlier run left
 * behind that was killed.
 */
export async function makeRights(bridge: Bridge): Promise<Rights> {
  const names = Object.keys(roles) as RoleName[]
  for (const name of names) await bridge.put(`/roles/${name}`, { grants: roles[name] })
  const made = await Promise.all(
    names.map((name) => bridge.post<NewKey>('/keys', { name, roles: [name] })),
  )
  const keys = Object.fromEntries(names.map((name, nr) => [name, made[nr]?.key ?? '']))
  return {
    keys: keys as Record<RoleName, string>,
    async remove() {
      const held = (key: Key) => key.roles.every((role) => (names as string[]).includes(role))
      const { items } = await bridge.get<{ items: readonly Key[] }>('/keys?limit=1000')
      for (const { id } of items.filter(held)) await bridge.remove(`/keys/${id}`)
      for (const name of names) await bridge.remove(`/roles/${name}`)
    },
  }
}

/** Asked to find out whether a service can be called yet: nothing to learn from. */
const health = { method: 'GET', path: '/health', capture: 'off' } as const

/** Rules of routing, as an operator would set them. */
export const routing = {
  stock: {
    // One call in three of those that ask for no version goes to the new one, until it proves worse.
    weights: [
      { range: '^1', weight: 2 },
      { range: '^2', weight: 1 },
    ],
    rollback: { range: '^2', false_alarm_rate: 0.05, miss_rate: 0.05, worse_by: 0.1 },
    // The load is spread by calls here, not by who calls.
    stickiness: 'none',
    deprecations: [{ range: '^1', deprecated_at: '2026-11-01T00:00:00.000Z' }],
    operations: [
      health,
      { method: 'GET', path: '/stock/{sku}', capability: 'stock.read' },
      { method: 'POST', path: '/reservations', capability: 'stock.reserve' },
    ],
    // Who was written for 1.x can be served by 2.x.
    transforms: [
      {
        from: '^1',
        to: '^2',
        operation: 'GET /stock/{sku}',
        response: {
          kind: 'jsonata',
          expression: '{ "body": { "sku": body.sku, "left": body.stock.available } }',
        },
        examples: [
          {
            direction: 'response',
            input: {
              status: 200,
              body: { sku: 'chair', stock: { available: 4, warehouse: 'west' } },
            },
            output: { body: { sku: 'chair', left: 4 } },
          },
        ],
      },
    ],
  },
  prices: {
    operations: [health, { method: 'GET', path: '/prices/{sku}', capability: 'prices.read' }],
  },
  orders: { operations: [health, { method: 'POST', path: '/orders', capability: 'orders.place' }] },
} as const
