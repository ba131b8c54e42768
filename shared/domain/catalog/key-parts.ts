import { readSharedBreaker, type SharedBreaker } from '../resilience/shared-breaker.ts'
import type { RoutingRules } from '../routing/rules.ts'
import type { LearnedOperation } from './learned-operation.ts'

/** Prefixes of the keys that hold parts of the catalog; see `catalogKeys`. */
export const keyPrefixes = {
  rules: 'routing/',
  breakers: 'breakers/',
  learned: 'learned/',
} as const

export type KeyPart = keyof typeof keyPrefixes

/** The service that a key under a prefix is about. */
export function serviceOfKey(key: string): string {
  return key.split('/')[1] ?? ''
}

/** What operators decided, as its key holds it; undefined for what is none: then defaults hold. */
export function parseRules(text: string): RoutingRules | undefined {
  const value = parse(text) as Partial<RoutingRules> | null | undefined
  return typeof value?.revision === 'number' ? (value as RoutingRules) : undefined
}

/** What traffic taught, as its key holds it; empty for what is none. */
export function parseLearned(text: string): readonly LearnedOperation[] {
  const value = parse(text)
  return Array.isArray(value) ? (value as readonly LearnedOperation[]) : []
}

/** Circuits, as their keys hold them, without those that can't be read. */
export function parseBreakers(texts: readonly string[]): readonly SharedBreaker[] {
  return texts.flatMap((text) => readSharedBreaker(text) ?? [])
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whoever else writes to the store may write anything.
    return undefined
  }
}
