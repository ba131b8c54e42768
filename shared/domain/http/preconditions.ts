import { headerOf, type RequestHeaders } from './headers.ts'

/** Whether a change may be made to what has this entity tag now; undefined: to what does not exist. */
export type Precondition = (tag: string | undefined) => boolean

/**
 * What `If-Match` and `If-None-Match` of a changing request ask for (RFC 9110, sections 13.1.1 and
 * 13.1.2); undefined where it asks for nothing. Tags are compared strongly: a weak one never matches.
 */
export function preconditionOf(headers: RequestHeaders): Precondition | undefined {
  const match = headerOf(headers, 'if-match')
  const noneMatch = headerOf(headers, 'if-none-match')
  if (match === undefined && noneMatch === undefined) return undefined
  return (tag) =>
    (match === undefined || lists(match, tag)) &&
    (noneMatch === undefined || !lists(noneMatch, tag))
}

function lists(header: string, tag: string | undefined): boolean {
  if (header.trim() === '*') return tag !== undefined
  return header.split(',').some((one) => one.trim() === tag)
}
