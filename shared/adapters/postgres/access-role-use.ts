import { isBuiltInRole } from '../../domain/access.ts'
import type { Transaction } from './connect.ts'

/** So many holders of a role are named. */
const MAX_NAMED = 20

/** Which of some roles there are not, neither built-in ones nor own ones. */
export async function unknownRoles(
  tx: Transaction,
  roles: readonly string[],
): Promise<readonly string[]> {
  const own = roles.filter((role) => !isBuiltInRole(role))
  if (own.length === 0) return []
  const known = await tx<{ name: string }[]>`select name from access.role where name = any(${own})`
  const names = new Set(known.map(({ name }) => name))
  return own.filter((role) => !names.has(role))
}

/** Who holds a role: keys, issuers that may give it, certificates. */
export async function holdersOf(tx: Transaction, role: string): Promise<readonly string[]> {
  const holders = await tx<{ holder: string }[]>`
    select 'key ' || id as holder from access.key where ${role} = any(roles)
    union all
    select 'issuer ' || name from access.issuer where settings -> 'allowedRoles' ? ${role}
    union all
    select 'certificate ' || name from access.certificate where settings -> 'roles' ? ${role}
    order by 1 limit ${MAX_NAMED}`
  return holders.map(({ holder }) => holder)
}
