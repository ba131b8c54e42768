/** The ports of `host:port` addresses, each once. */
export function hostPorts(addresses: readonly string[]): readonly number[] {
  return [...new Set(addresses.map((address) => Number(address.split(':').at(-1))))]
}
