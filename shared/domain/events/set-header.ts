/**
 * Adds a header under whatever name a stranger gave it: a plain assignment to `__proto__` would set
 * the object's prototype and lose the header.
 */
export function setHeader<V>(headers: Record<string, V>, name: string, value: V): void {
  if (name !== '__proto__') headers[name] = value
  else {
    const own = { value, enumerable: true, configurable: true, writable: true }
    Object.defineProperty(headers, name, own)
  }
}
