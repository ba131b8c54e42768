import { satisfies } from 'semver'
import type { ListedInstance } from '#shared/domain/discovery/instance.ts'
import type { InstanceFilter } from './schema.ts'

/** Whether an instance is one of those that were asked for. */
export function matches(
  { version, capabilities, health }: ListedInstance,
  filter: Pick<InstanceFilter, 'version' | 'capability' | 'passing'>,
): boolean {
  if (filter.version && !satisfies(version, filter.version, { includePrerelease: true }))
    return false
  if (filter.capability && !capabilities.includes(filter.capability)) return false
  return filter.passing === undefined || (filter.passing === 'true') === (health === 'passing')
}
