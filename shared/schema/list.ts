import * as z from 'zod'
import { text } from './text.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1_000

/** The parameters that every list takes. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: text().exactOptional(),
})

/** What every list answers; `next` is the cursor of what follows, null at the end. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() })
