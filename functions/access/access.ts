import type { Actions } from '#shared/domain/http/action.ts'
import { type KeyDependencies, keyActions } from './keys.ts'
import type { routes } from './schema.ts'
import { type SourceDependencies, sourceActions } from './sources.ts'

/** Who may do what, and how each source's hooks are read. */
export const access = (
  dependencies: KeyDependencies & SourceDependencies,
): Actions<(typeof routes)[number]> => ({
  ...sourceActions(dependencies),
  ...keyActions(dependencies),
})
