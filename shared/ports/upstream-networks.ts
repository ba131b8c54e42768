/** Where upstreams may stand. Asked of every address that a name resolved to, before it is connected to. */
export interface UpstreamNetworks {
  /** Whether an IP address, IPv6 without brackets, may be connected to; false for what is none. */
  allows(address: string): boolean
}
