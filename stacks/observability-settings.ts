import type { Construct } from 'constructs'
import * as z from 'zod'
import { Failure } from '#shared/errors.ts'

const schema = z.object({
  /** Who gets every alarm by mail; the address has to confirm once. */
  alarmEmail: z.email().optional(),
  /** US dollars; without, there is no budget. */
  monthlyBudget: z.coerce.number().positive().optional(),
})

/** Whom to tell, and what a month may cost. */
export type ObservabilitySettings = z.infer<typeof schema>

/** The names of all settings of this kind. */
export const observabilitySettingNames: readonly string[] = Object.keys(schema.shape)

/**
 * Reads the settings from CDK context (`-c alarmEmail=...`).
 *
 * @throws `InvalidInput` that names every wrong setting
 */
export function observabilitySettings(scope: Construct): ObservabilitySettings {
  const given = schema.safeParse(
    Object.fromEntries(
      observabilitySettingNames.map((name) => [name, scope.node.tryGetContext(name) as unknown]),
    ),
  )
  if (given.success) return given.data
  throw new Failure(
    'InvalidInput',
    `the CDK context is wrong:
${z.prettifyError(given.error)}`,
  )
}
