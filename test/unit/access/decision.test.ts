import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roles as builtInRoles } from '#shared/domain/access.ts'
import { decideAccess, type Wish } from '#shared/domain/access-decision.ts'
import type { Grant, OwnRole } from '#shared/domain/access-roles.ts'

const call = (service: string, capability?: string): Wish => ({
  action: 'call',
  service,
  capability,
})
const register = (service: string): Wish => ({ action: 'register', service })
const snapshot = {
  roles: [
    { name: 'billing-reader', grants: [{ service: 'billing', capabilities: ['invoices.read'] }] },
    { name: 'billing-all', grants: [{ service: 'billing', capabilities: ['*'] }] },
    { name: 'searcher', grants: [{ service: '*', capabilities: ['search'] }] },
    { name: 'billing-host', grants: [{ service: 'billing', capabilities: [], register: true }] },
    { name: 'nothing', grants: [] },
    { name: 'admin', grants: [{ service: '*', capabilities: ['*'], register: true }] },
  ],
}

describe('a decision', () => {
  it.each([
    { roles: [], wish: call('billing', 'invoices.read'), by: undefined },
    { roles: ['billing-reader'], wish: call('billing', 'invoices.read'), by: 'billing-reader' },
    { roles: ['billing-reader'], wish: call('billing', 'invoices.write'), by: undefined },
    { roles: ['billing-reader'], wish: call('billing'), by: undefined },
    { roles: ['billing-reader'], wish: call('billing2', 'invoices.read'), by: undefined },
    { roles: ['billing-reader'], wish: call('bill', 'invoices.read'), by: undefined },
    { roles: ['billing-reader'], wish: register('billing'), by: undefined },
    { roles: ['billing-all'], wish: call('billing'), by: 'billing-all' },
    { roles: ['billing-all'], wish: call('billing', 'anything'), by: 'billing-all' },
    { roles: ['billing-all'], wish: call('search', 'anything'), by: undefined },
    { roles: ['billing-all'], wish: register('billing'), by: undefined },
    { roles: ['searcher'], wish: call('any', 'search'), by: 'searcher' },
    { roles: ['searcher'], wish: call('any', 'searching'), by: undefined },
    { roles: ['searcher'], wish: call('any'), by: undefined },
    { roles: ['billing-host'], wish: register('billing'), by: 'billing-host' },
    { roles: ['billing-host'], wish: register('search'), by: undefined },
    { roles: ['billing-host'], wish: call('billing', 'invoices.read'), by: undefined },
    { roles: ['nothing'], wish: call('billing'), by: undefined },
    { roles: ['gone'], wish: call('billing'), by: undefined },
    { roles: ['caller'], wish: call('any', 'thing'), by: 'caller' },
    { roles: ['caller'], wish: call('any'), by: 'caller' },
    { roles: ['caller'], wish: register('any'), by: undefined },
    { roles: ['registrar'], wish: register('any'), by: 'registrar' },
    { roles: ['registrar'], wish: call('any', 'thing'), by: undefined },
    { roles: ['writer', 'reader', 'operator'], wish: call('any'), by: undefined },
    { roles: ['gone', 'searcher', 'caller'], wish: call('a', 'search'), by: 'searcher' },
  ])('on $wish for $roles is $by', ({ roles, wish, by }) => {
    const decision = decideAccess(snapshot, { roles }, wish)
    expect(decision.type === 'allowed' ? decision.by : undefined).toBe(by)
  })

  it('says what is missing and which roles were looked at', () => {
    const roles = ['billing-reader', 'gone']
    expect(decideAccess(snapshot, { roles }, call('billing', 'pay'))).toEqual({
      type: 'denied',
      missing: { service: 'billing', capabilities: ['pay'] },
      held: roles,
    })
    expect(decideAccess(snapshot, { roles }, call('billing'))).toMatchObject({
      missing: { service: 'billing', capabilities: ['*'] },
    })
    expect(decideAccess(snapshot, { roles }, register('shop'))).toMatchObject({
      missing: { service: 'shop', capabilities: [], register: true },
    })
  })

  it('reads a snapshot that knows no own roles', () => {
    expect(decideAccess({}, { roles: ['billing-all'] }, call('billing')).type).toBe('denied')
    expect(decideAccess({}, { roles: ['caller'] }, call('billing')).type).toBe('allowed')
  })
})

const service = fc.constantFrom('a', 'b', 'c', '*')
const capability = fc.constantFrom('x', 'y', '*')
const grant: fc.Arbitrary<Grant> = fc.record(
  { service, capabilities: fc.array(capability, { maxLength: 3 }), register: fc.boolean() },
  { requiredKeys: ['service', 'capabilities'] },
)
const role: fc.Arbitrary<OwnRole> = fc.record({
  name: fc.constantFrom('one', 'two', 'three'),
  grants: fc.array(grant, { maxLength: 3 }),
})
const ownRoles = fc.uniqueArray(role, { selector: ({ name }) => name })
const held = fc.array(fc.constantFrom('one', 'two', 'three', 'gone', ...builtInRoles))
const wish: fc.Arbitrary<Wish> = fc.oneof(
  fc.record({
    action: fc.constant('call' as const),
    service: fc.constantFrom('a', 'b', 'c'),
    capability: fc.constantFrom('x', 'y', undefined),
  }),
  fc.record({ action: fc.constant('register' as const), service: fc.constantFrom('a', 'b', 'c') }),
)
const allows = (roles: readonly OwnRole[], names: readonly string[], one: Wish) =>
  decideAccess({ roles }, { roles: names }, one).type === 'allowed'

describe('rights', () => {
  it('are none without roles, and none by roles without grants', () => {
    fc.assert(
      fc.property(ownRoles, wish, (roles, one) => {
        expect(allows(roles, [], one)).toBe(false)
        const empty = roles.map(({ name }) => ({ name, grants: [] }))
        expect(allows(empty, ['one', 'two', 'three', 'gone'], one)).toBe(false)
      }),
    )
  })

  it('are never taken away by another grant, nor by another role', () => {
    fc.assert(
      fc.property(ownRoles, held, wish, role, (roles, names, one, more) => {
        fc.pre(allows(roles, names, one))
        const known = roles.find(({ name }) => name === more.name)
        const widened = [
          ...roles.filter(({ name }) => name !== more.name),
          { name: more.name, grants: [...more.grants, ...(known?.grants ?? [])] },
        ]
        expect(allows(widened, names, one)).toBe(true)
        expect(allows(roles, [more.name, ...names], one)).toBe(true)
      }),
    )
  })

  it('come with the least grant that a refusal names', () => {
    fc.assert(
      fc.property(ownRoles, held, wish, (roles, names, one) => {
        const decision = decideAccess({ roles }, { roles: names }, one)
        fc.pre(decision.type === 'denied')
        const granted = [...roles, { name: 'new', grants: [decision.missing] }]
        expect(allows(granted, [...names, 'new'], one)).toBe(true)
      }),
    )
  })
})
