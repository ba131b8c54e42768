import * as z from 'zod'
import { instant, text } from './text.ts'

/** Which events: `GET /events` and `GET /live` take the same. */
export const eventFilter = z.strictObject({
  topic: text().exactOptional(),
  type: text().exactOptional(),
  source: text().exactOptional(),
  session: text().exactOptional(),
  from: instant.exactOptional().meta({ description: 'earliest own time, inclusive' }),
  to: instant.exactOptional().meta({ description: 'latest own time, inclusive' }),
  q: text().exactOptional().meta({ description: 'words that must all occur' }),
})
