import type { Actions } from '#shared/domain/http/action.ts'
import type { AccessRights } from '#shared/ports/access-rights.ts'
import { certificateActions } from './certificates.ts'
import { issuerActions } from './issuers.ts'
import { type KeyDependencies, keyActions } from './keys.ts'
import { roleActions } from './roles.ts'
import type { routes } from './schema.ts'
import { type SourceDependencies, sourceActions } from './sources.ts'

type Dependencies = KeyDependencies & SourceDependencies & Readonly<{ rights: AccessRights }>

/** Who may do what, and how each source's hooks are read. */
export const access = (dependencies: Dependencies): Actions<(typeof routes)[number]> => ({
  ...sourceActions(dependencies),
  ...keyActions(dependencies),
  ...roleActions(dependencies.rights, dependencies),
  ...issuerActions(dependencies.rights, dependencies),
  ...certificateActions(dependencies.rights, dependencies),
})
