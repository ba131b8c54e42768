import { decideAccess } from '#shared/domain/access-decision.ts'
import type { Principal } from '#shared/domain/principal.ts'
import { Failure, unauthenticated } from '#shared/errors.ts'
import type { AccessAudit } from '#shared/ports/access-audit.ts'
import type { AccessSnapshots } from '#shared/ports/access-snapshots.ts'

export type RegistrarDependencies = Readonly<{ snapshots: AccessSnapshots; audit?: AccessAudit }>

/** Lets those through whose roles grant registering a service. @throws `Forbidden`, `Unavailable` */
export async function mayRegister(
  { snapshots, audit }: RegistrarDependencies,
  principal: Principal | undefined,
  service: string,
): Promise<void> {
  if (!principal) throw unauthenticated()
  const wish = { action: 'register', service } as const
  const decision = decideAccess(await snapshots.current(), principal, wish)
  if (decision.type === 'allowed') return
  const { missing, held } = decision
  await audit?.denied({ principal, wish, missing })
  throw new Failure(
    'Forbidden',
    `This ${principal.kind} may not register '${service}': it lacks the role 'registrar', or one that grants registering it.`,
    { members: { missing, held, why: 'No role that it has grants registering this service.' } },
  )
}
