/**
 * What text headers lose, as the attribute `xtypes`: `name=i` for an extension that was an integer,
 * `name=b` for a boolean, `data=b` for a payload that was bytes although its media type is text,
 * `data=t` for one that was text although it is not. No extension may be called `data`.
 */
export type ValueType = 'i' | 'b' | 't'

const DATA = 'data'

/** Writes the types of values; undefined when there is nothing to say. */
export function writeTypes(types: readonly (readonly [string, ValueType])[]): string | undefined {
  return types.length === 0 ? undefined : types.map(([name, type]) => `${name}=${type}`).join(',')
}

/** The types by name. */
export function readTypes(xtypes: string | undefined): ReadonlyMap<string, string> {
  if (!xtypes) return new Map()
  return new Map(xtypes.split(',').map((entry) => entry.split('=', 2) as [string, string]))
}

/** Whether a payload is text; undefined where its media type says so already. */
export function payloadIsText(xtypes: string | undefined): boolean | undefined {
  const type = xtypes?.includes(DATA) ? readTypes(xtypes).get(DATA) : undefined
  return type === undefined ? undefined : type === 't'
}
