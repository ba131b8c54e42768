const TO_ESCAPE = /["\\]/g

/**
 * A PostgreSQL array of any texts or nulls as one text parameter, cast by the statement
 * (`::text::text[]`): several times cheaper than the driver's own array writer.
 */
export function textArray<Item>(
  items: readonly Item[],
  read: (item: Item) => string | null | undefined,
): string {
  let text = '{'
  for (let i = 0; i < items.length; i++) {
    const value = read(items[i] as Item)
    if (i > 0) text += ','
    text += value == null ? 'NULL' : `"${value.replace(TO_ESCAPE, '\\$&')}"`
  }
  return `${text}}`
}

/** The same of numbers, or of digits that need no quotes. */
export function numberArray<Item>(
  items: readonly Item[],
  read: (item: Item) => number | string | null,
): string {
  let text = '{'
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ','
    text += read(items[i] as Item) ?? 'NULL'
  }
  return `${text}}`
}
