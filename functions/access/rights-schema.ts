import * as z from 'zod'
import { signatureAlgorithms, tokenTypes } from '#shared/domain/access-issuers.ts'
import { ANY, isRoleName } from '#shared/domain/access-roles.ts'
import type { Route } from '#shared/domain/http/route.ts'
import { isSpiffeId, isSpiffePrefix } from '#shared/domain/spiffe.ts'
import { listOf, pageQuery } from '#shared/schema/list.ts'
import { text, time } from '#shared/schema/text.ts'

const times = { created_at: time, updated_at: time }

/** The name of a built-in role or of one of `/roles`. */
export const roleName = z.string().refine(isRoleName, 'is no name of a role')
const someRoles = z.array(roleName).max(32)

/** As the registry names services (a DNS label, lower case) and their capabilities. */
const service = z
  .string()
  .regex(/^(\*|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$/, `must be the name of a service, or ${ANY}`)
const capability = z.string().regex(/^[!-~]{1,128}$/, `must be a capability, or ${ANY} for all`)

const grant = z.strictObject({
  service,
  capabilities: z.array(capability).max(100),
  register: z.boolean().exactOptional().meta({ description: 'may register and remove instances' }),
})

export const roleInput = z.strictObject({ grants: z.array(grant).max(100) })

const role = z.object({
  name: z.string(),
  grants: z.array(grant.extend({ register: z.boolean() })),
  ...times,
})

const claim = text(128)

export const issuerInput = z
  .strictObject({
    issuer: text(512).meta({ description: 'iss, to the letter' }),
    audiences: z.array(text(512)).min(1).max(10).meta({ description: 'aud must hold one of them' }),
    jwks_url: text(1_024)
      .refine(isKeySetUrl, 'must be an https URL without credentials, or an http one')
      .meta({ description: 'http only where UPSTREAM_NETWORKS names the network' }),
    algorithms: z.array(z.enum(signatureAlgorithms)).min(1).max(signatureAlgorithms.length),
    leeway_s: z.int().min(0).max(300).default(30),
    roles_claim: claim.exactOptional().meta({ description: 'a claim, or a JSON pointer into one' }),
    fixed_roles: someRoles.default([]),
    allowed_roles: someRoles.min(1).meta({ description: 'a token never has others' }),
    required_claims: z
      .array(
        z.strictObject({
          claim,
          value: z.union([text(512), z.number(), z.boolean()]).exactOptional(),
        }),
      )
      .max(20)
      .default([]),
    token_type: z.enum(tokenTypes).exactOptional(),
  })
  .refine(({ fixed_roles, allowed_roles }) => fixed_roles.every((r) => allowed_roles.includes(r)), {
    path: ['fixed_roles'],
    message: 'must be among allowed_roles',
  })

const issuer = z.object({
  name: z.string(),
  issuer: z.string(),
  audiences: z.array(z.string()),
  jwks_url: z.string(),
  algorithms: z.array(z.enum(signatureAlgorithms)),
  leeway_s: z.int(),
  roles_claim: z.string().nullable(),
  fixed_roles: z.array(z.string()),
  allowed_roles: z.array(z.string()),
  required_claims: z.array(
    z.object({
      claim: z.string(),
      value: z.union([z.string(), z.number(), z.boolean()]).exactOptional(),
    }),
  ),
  token_type: z.enum(tokenTypes).nullable(),
  ...times,
})

const match = z.union([
  z.strictObject({ spiffe_id: text(2_048).refine(isSpiffeId, 'is no SPIFFE id') }),
  z.strictObject({
    spiffe_prefix: text(2_048).refine(isSpiffePrefix, 'must be a SPIFFE id that ends with /'),
  }),
  z.strictObject({ subject: text(1_024).meta({ description: 'RFC 2253, to the letter' }) }),
])

export const certificateInput = z.strictObject({ match, roles: someRoles.min(1) })

const certificate = z.object({
  name: z.string(),
  match,
  roles: z.array(z.string()),
  ...times,
})

function isKeySetUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined
  return !!url && /^https?:$/.test(url.protocol) && !url.username && !url.password
}

export type RoleAnswer = z.infer<typeof role>
export type IssuerAnswer = z.infer<typeof issuer>
export type CertificateAnswer = z.infer<typeof certificate>

const gone = { description: 'removed; no longer valid anywhere within 5 s' }
const put = <S extends z.ZodType>(schema: S) => ({
  200: { description: 'it was there: this is how it is now', schema },
  201: { description: 'it was made', schema },
})

export const rightsRoutes = [
  {
    method: 'GET',
    path: '/roles',
    summary: 'The own roles there are, by name',
    access: 'admin',
    query: pageQuery,
    answers: { 200: { description: 'a page of roles', schema: listOf(role) } },
  },
  {
    method: 'GET',
    path: '/roles/{role}',
    summary: 'A role and what it grants',
    access: 'admin',
    answers: { 200: { description: 'the role', schema: role } },
  },
  {
    method: 'PUT',
    path: '/roles/{role}',
    summary: 'Makes a role or replaces what it grants',
    access: 'admin',
    body: roleInput,
    answers: put(role),
  },
  {
    method: 'DELETE',
    path: '/roles/{role}',
    summary: 'Removes a role that nobody holds',
    access: 'admin',
    answers: { 204: gone },
  },
  {
    method: 'GET',
    path: '/issuers',
    summary: 'The issuers of tokens there are, by name',
    access: 'admin',
    query: pageQuery,
    answers: { 200: { description: 'a page of issuers', schema: listOf(issuer) } },
  },
  {
    method: 'GET',
    path: '/issuers/{issuer}',
    summary: 'An issuer of tokens, and what they are worth',
    access: 'admin',
    answers: { 200: { description: 'the issuer', schema: issuer } },
  },
  {
    method: 'PUT',
    path: '/issuers/{issuer}',
    summary: 'Takes the tokens of an issuer, or changes what they are worth',
    access: 'admin',
    body: issuerInput,
    answers: put(issuer),
  },
  {
    method: 'DELETE',
    path: '/issuers/{issuer}',
    summary: 'Takes the tokens of an issuer no more',
    access: 'admin',
    answers: { 204: gone },
  },
  {
    method: 'GET',
    path: '/certificates',
    summary: 'The client certificates there are, by name',
    access: 'admin',
    query: pageQuery,
    answers: { 200: { description: 'a page of certificates', schema: listOf(certificate) } },
  },
  {
    method: 'GET',
    path: '/certificates/{certificate}',
    summary: 'Which certificates are meant, and what their holders may do',
    access: 'admin',
    answers: { 200: { description: 'the entry', schema: certificate } },
  },
  {
    method: 'PUT',
    path: '/certificates/{certificate}',
    summary: 'Says what the holders of certificates may do',
    access: 'admin',
    body: certificateInput,
    answers: put(certificate),
  },
  {
    method: 'DELETE',
    path: '/certificates/{certificate}',
    summary: 'Knows the holders of certificates no more',
    access: 'admin',
    answers: { 204: gone },
  },
] as const satisfies readonly Route[]
