/** The next offset of a partition, for as long as it is ours to keep. */
export type Position = Readonly<{ partition: number; next: number; isOurs: () => boolean }>

/** Rejects when Kafka did not take the position. */
export type KeepPosition = (position: Position) => Promise<void>

/** One request at a time: what comes meanwhile goes together into the next one. */
export function positionKeeper(
  commit: (positions: readonly Position[]) => Promise<void>,
): KeepPosition {
  let waiting = new Map<number, Position>()
  let current: Promise<unknown> = Promise.resolve()
  let following: Promise<void> | undefined

  async function commitWaiting(): Promise<void> {
    const positions = [...waiting.values()].filter(({ isOurs }) => isOurs())
    waiting = new Map()
    following = undefined
    if (positions.length === 0) return
    const committing = commit(positions)
    current = committing.catch(() => undefined)
    await committing
  }

  return (position) => {
    waiting.set(position.partition, position)
    following ??= current.then(commitWaiting)
    return following
  }
}
