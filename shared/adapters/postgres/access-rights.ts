import type { CertificateEntry } from '../../domain/access-certificates.ts'
import type { Issuer } from '../../domain/access-issuers.ts'
import type { OwnRole } from '../../domain/access-roles.ts'
import type { AccessRights } from '../../ports/access-rights.ts'
import { namedEntries } from './access-named.ts'
import type { Sql } from './connect.ts'

const MEBIBYTE = 1_048_576

/** Roles, issuers and certificates in the schema `access`. */
export function postgresAccessRights(sql: Sql): AccessRights {
  return {
    roles: namedEntries<OwnRole>(sql, {
      table: 'role',
      most: 500,
      mostBytes: 4 * MEBIBYTE,
      rolesIn: () => [],
      distinguishedBy: () => null,
    }),
    issuers: namedEntries<Issuer>(sql, {
      table: 'issuer',
      most: 50,
      mostBytes: MEBIBYTE,
      rolesIn: ({ allowedRoles }) => allowedRoles,
      distinguishedBy: ({ issuer }) => issuer,
    }),
    certificates: namedEntries<CertificateEntry>(sql, {
      table: 'certificate',
      most: 5_000,
      mostBytes: 4 * MEBIBYTE,
      rolesIn: ({ roles }) => roles,
      distinguishedBy: ({ match }) => `${match.kind} ${match.value}`,
    }),
  }
}
