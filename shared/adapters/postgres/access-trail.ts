import { type AuditVerb, type Author, trailEntry } from '../../domain/audit-trail.ts'
import { uuidV7 } from '../../domain/events/uuid.ts'
import type { Transaction } from './connect.ts'

/** Adds a change to the audit trail, within the transaction of `changeAccess` that makes it. */
export async function noteChange(
  tx: Transaction,
  verb: AuditVerb,
  { by, at }: Readonly<{ by: Author; at: Date }>,
  what: Readonly<Record<string, unknown>>,
): Promise<void> {
  const type = `services.lifecycle.${verb}` as const
  const [end] = await tx<{ entry: number; digest: string }[]>`
    select entry, digest from access.trail for update`
  if (!end) throw new Error('the audit trail has no end')
  const entry = trailEntry(end, { type, at: at.toISOString(), by, what })
  await tx`update access.trail set entry = ${entry.entry}, digest = ${entry.digest}`
  await tx`
    insert into access.outbox (entry, id, type, at, data)
    values (${entry.entry}, ${uuidV7(at.getTime())}, ${type}, ${at}, ${JSON.stringify(entry)})`
}
