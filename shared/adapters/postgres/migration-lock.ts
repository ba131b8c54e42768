/**
 * Held by whoever changes tables or rights. Any number serves, as long as no other tool of the
 * database takes the same one.
 */
export const MIGRATION_LOCK = 4_206_900_001
