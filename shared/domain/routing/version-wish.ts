/** What a call says of the version it takes. */
export type VersionWish = Readonly<{
  /** `Accept-Version` as it came; undefined or empty where there is none. */
  acceptVersion?: string | undefined
  sessionId?: string | undefined
  /** The version that an earlier hop pinned for this service: `readVersionPins(baggage)[service]`. */
  pinned?: string | undefined
  /** 0 (inclusive) to 1 (exclusive): decides for calls of no session. */
  random: number
}>
