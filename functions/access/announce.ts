import { errorFields, log } from '#shared/log.ts'
import type { AuditOutbox } from '#shared/ports/access-rights.ts'

/**
 * Brings what was changed to the event log, before the function is frozen. What can't be brought now
 * stays due, and housekeeping brings it: the change itself is done.
 */
export const announce =
  (outbox: AuditOutbox) =>
  async ({ event }: Readonly<{ event: Readonly<{ httpMethod: string }> }>): Promise<void> => {
    if (event.httpMethod === 'GET') return
    try {
      await outbox.drain()
    } catch (error) {
      log('warn', 'audit-trail-due', errorFields(error))
    }
  }
