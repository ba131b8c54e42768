/** What tells that services changed, without what they are. */
export type ServiceStamps = Readonly<{
  /** By service, a text that is another once the number or the health of its instances is. */
  stamps: ReadonlyMap<string, string>
  /** Another once anything else changed: any service may be another then. */
  revision: number
}>
