/**
 * Does the work for each item, so many at once at most, and ends when all is done: also what others do
 * when one fails. @throws what failed first
 */
export async function forEachOf<Item>(
  items: Iterable<Item>,
  most: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]()
  let failed: { error: unknown } | undefined
  async function worker(): Promise<void> {
    for (let next = left.next(); !next.done; next = left.next()) {
      try {
        await work(next.value)
      } catch (error) {
        failed ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: most }, worker))
  if (failed) throw failed.error
}
