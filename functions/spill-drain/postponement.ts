/**
 * How long a message waits that was brought in vain, s. The log is back from a failover within seconds,
 * so the first tries follow soon; a long outage is waited out at quarter hours. A queue gives a message
 * up after 1,000 tries: that is more than ten days at this pace.
 */
const FIRST_S = 5
const LONGEST_S = 900
/** So many tries come at the first pace: a failover of 15 s. */
const PROMPT_TRIES = 3

/** The wait after the `tries`th time that a message was brought while the log was away. */
export function outageWaitS(tries: number): number {
  const doublings = Math.max(0, tries - PROMPT_TRIES)
  return Math.min(LONGEST_S, FIRST_S * 2 ** Math.min(doublings, 30))
}

/**
 * The wait of a message that the log refuses though it is there: after 1,000 tries, which is about an
 * hour and a half, the queue puts it with its dead letters, and what lies behind it can go on.
 */
export const REFUSED_WAIT_S = 5
