/** Who calls, once that is proved. */
export type Principal = Readonly<{
  kind: 'key' | 'token' | 'certificate'
  /** The key's id; `<issuer> <subject>` of a token; a certificate's SPIFFE id, else its subject. */
  id: string
  name: string
  /** Names of roles, built-in ones and those of `/roles`. */
  roles: readonly string[]
}>

/** What a proof of identity came in: it is not passed on. */
export type Credential = 'authorization' | 'x-api-key' | 'certificate'
