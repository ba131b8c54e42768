/**
 * Where the system is put: `local` is what `npm start` runs, `compose` what LocalStack deploys beside
 * Redpanda and PostgreSQL, `aws` the real thing.
 */
export const stageNames = ['local', 'compose', 'aws'] as const

export type StageName = (typeof stageNames)[number]

export function isStageName(name: string): name is StageName {
  return (stageNames as readonly string[]).includes(name)
}
