/** A query string as API Gateway hands it over. */
export type MultiValueQuery = Readonly<Record<string, readonly string[] | undefined>> | null

export type QueryReading =
  | Readonly<{ type: 'read'; query: Readonly<Record<string, string>> }>
  | Readonly<{ type: 'repeated'; names: readonly string[] }>

/** Reads a query whose parameters may each be given once. */
export function readQuery(multiValue: MultiValueQuery | undefined): QueryReading {
  const given = Object.entries(multiValue ?? {}).map(([name, values = []]) => ({ name, values }))
  const repeated = given.filter(({ values }) => values.length > 1).map(({ name }) => name)
  if (repeated.length > 0) return { type: 'repeated', names: repeated }
  // Not by assignment: a parameter may be called `__proto__`.
  const query = Object.fromEntries(given.map(({ name, values }) => [name, values[0] ?? '']))
  return { type: 'read', query }
}
