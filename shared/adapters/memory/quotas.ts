import type { Quotas } from '../../ports/quotas.ts'

/** Quotas of one process, for places without a database and for tests. */
export function memoryQuotas(): Quotas {
  const windows = new Map<string, { start: number; used: number }>()
  return {
    async lease({ subject, windowStart, quota, wanted }) {
      const found = windows.get(subject)
      const used = found?.start === windowStart ? found.used : 0
      const granted = Math.max(Math.min(wanted, quota - used), 0)
      windows.set(subject, { start: windowStart, used: used + granted })
      return { granted, left: Math.max(quota - used - granted, 0) }
    },
    async close() {},
  }
}
