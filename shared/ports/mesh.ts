/** How the bridge proves who it is to services of the mesh, and how it knows them. PEM texts. */
export type MeshIdentity = Readonly<{
  /** Our certificate with the chain up to a root, and its key. */
  certificate: string
  key: string
  /** Authorities that services' certificates must come from. */
  authorities: readonly string[]
  /** ms since the epoch: no longer valid from then on. */
  notAfter: number
}>

/** What to speak to one service with. */
export type MeshPass = Readonly<{
  identity: MeshIdentity
  /** The URI that the service's certificate must name (SPIFFE ID). */
  spiffeId: string
  /** Tells services apart that one gateway stands in front of. */
  serverName: string
}>

/** A service mesh: certificates by which services know each other, and who may call whom. */
export interface Mesh {
  /**
   * What to call a service of the mesh with.
   *
   * @throws `Forbidden` when the mesh does not let us call it, `Unavailable` while there is no valid
   *   certificate of ours, or the mesh can't be asked for longer than what it said last holds.
   */
  admit(service: string): Promise<MeshPass>
  close(): Promise<void>
}
