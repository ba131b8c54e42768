/** Stands for every service, and for every capability. */
export const ANY = '*'

/** What a role lets its holders do with a service. */
export type Grant = Readonly<{
  /** A service's name, or `*` for every one. */
  service: string
  /** Capabilities that may be called, `*` for all of them, also for what declares none. */
  capabilities: readonly string[]
  /** Whether instances of the service may be registered and removed. */
  register?: boolean
}>

/** A role that operators made, beside the built-in ones. */
export type OwnRole = Readonly<{ name: string; grants: readonly Grant[] }>

/** A role's name: lower-case letters, digits and dashes, at most 64, a letter first. */
export const isRoleName = (name: string): boolean => /^[a-z][a-z0-9-]{0,63}$/.test(name)
