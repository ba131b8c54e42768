/**
 * The index to ask the next blocking query with, from the one asked with and the one answered.
 * An index that goes back means that the server's state was restored: 0 asks for all anew. 0 would
 * never block, so it counts as 1 (https://developer.hashicorp.com/consul/api-docs/features/blocking).
 */
export function nextWatchIndex(asked: number, answered: number): number {
  const sane = Number.isSafeInteger(answered) && answered > 0 ? answered : 1
  return sane < asked ? 0 : sane
}
