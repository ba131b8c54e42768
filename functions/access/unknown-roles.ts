import { Failure } from '#shared/errors.ts'

/** Refuses roles that there are not: nobody could say later what such a name was meant to allow. */
export function unknownRolesFailure(
  unknown: readonly string[],
  { pointer, roles }: Readonly<{ pointer: string; roles: readonly string[] }>,
): Failure {
  return new Failure('InvalidInput', `There is no role ${unknown.join(', ')}.`, {
    errors: unknown.map((role) => ({
      pointer: `${pointer}/${roles.indexOf(role)}`,
      detail: `there is no role '${role}'`,
    })),
  })
}
