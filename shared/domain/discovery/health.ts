import type { Health } from './instance.ts'

/** What one check says; Consul's checks have these fields. */
export type CheckResult = Readonly<{
  CheckID: string
  Status: string
  Output: string
  Notes: string
}>

const MAINTENANCE = /^_(node|service)_maintenance/
const worstFirst = ['critical', 'warning', 'passing'] as const

/** The health that all checks of an instance and its node make: the worst counts. */
export function healthOf(
  checks: readonly CheckResult[],
): Readonly<{ health: Health; reason: string }> {
  const maintenance = checks.find(({ CheckID }) => MAINTENANCE.test(CheckID))
  if (maintenance) return { health: 'maintenance', reason: maintenance.Notes }
  for (const health of worstFirst) {
    const deciding = checks.find(({ Status }) => Status === health)
    if (deciding) return { health, reason: health === 'passing' ? '' : deciding.Output }
  }
  return { health: 'passing', reason: '' }
}
