/** A slice of a list: `next` is the cursor of the slice after it, null at the end. */
export type Page<T> = Readonly<{ items: readonly T[]; next: string | null }>

/** Which slice: at most `limit` items after the one that `cursor` names. */
export type PageRequest = Readonly<{ limit: number; cursor?: string }>
