/** A partition as a member of a group sees it. */
export type PartitionView = Readonly<{
  id: number
  /** The member that reads it, if it is alive. */
  owner: string | null
}>

/** Where a member stands among the members of its group that are alive, from 0. */
export type Standing = Readonly<{ member: string; rank: number; members: number }>

/** What a member gives up, and what it may take. */
export type Share = Readonly<{ claim: readonly number[]; release: readonly number[] }>

/**
 * Splits partitions evenly: every member computes its own part, and the parts add up to all. A member
 * takes only what is free, so two of them meet in the middle as one releases and the other claims.
 */
export function decideShare(partitions: readonly PartitionView[], standing: Standing): Share {
  const { member, rank, members } = standing
  const rest = partitions.length % members
  const target = Math.floor(partitions.length / members) + (rank < rest ? 1 : 0)
  const mine = partitions.filter(({ owner }) => owner === member)
  const free = partitions.filter(({ owner }) => owner === null)
  return {
    claim: free.slice(0, Math.max(0, target - mine.length)).map(({ id }) => id),
    release: mine.slice(target).map(({ id }) => id),
  }
}
