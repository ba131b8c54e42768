import type { RoutePlan } from '../template/api.ts'

/** What a request's method and path lead to. */
export type RouteMatch =
  | Readonly<{ type: 'found'; index: number; params: readonly string[] }>
  | Readonly<{ type: 'wrong-method'; allowed: readonly string[] }>
  | Readonly<{ type: 'unknown' }>
  /** A parameter's percent-encoding is none. */
  | Readonly<{ type: 'malformed'; index: number }>

type Node = {
  /** Index of the route, by method. */
  methods: Map<string, number>
  literal: Map<string, Node>
  parameter?: Node
  /** `{proxy+}`: takes the rest of the path. */
  greedy?: Node
}

const NO_PARAMS: readonly string[] = []

/** Names of a path's parameters, in order. */
export function parameterNames(path: string): readonly string[] {
  return [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(([, name]) => name ?? '')
}

/**
 * Finds routes as API Gateway does: a literal segment before a parameter, a parameter before a greedy
 * one; a slash at the end does not matter; parameters are decoded.
 */
export function routeTable(
  routes: readonly Pick<RoutePlan, 'method' | 'path'>[],
): (method: string, path: string) => RouteMatch {
  const root = newNode()
  const literalPaths = new Map<string, Node>()
  routes.forEach(({ method, path }, index) => {
    const node = nodeOf(root, segmentsOf(path))
    node.methods.set(method, index)
    if (!path.includes('{')) literalPaths.set(path, node)
  })

  return (method, path) => {
    const literal = literalPaths.get(path)
    if (literal) return inNode(literal, method, NO_PARAMS)
    const values: string[] = []
    const node = find(root, segmentsOf(path), 0, values)
    if (!node) return { type: 'unknown' }
    const match = inNode(node, method, values)
    if (match.type !== 'found') return match
    try {
      return { ...match, params: values.map(decodeURIComponent) }
    } catch {
      return { type: 'malformed', index: match.index }
    }
  }
}

function inNode({ methods }: Node, method: string, params: readonly string[]): RouteMatch {
  const index = methods.get(method) ?? methods.get('ANY')
  if (index !== undefined) return { type: 'found', index, params }
  return { type: 'wrong-method', allowed: [...methods.keys()].sort() }
}

function find(
  node: Node,
  segments: readonly string[],
  at: number,
  values: string[],
): Node | undefined {
  const segment = segments[at]
  if (segment === undefined) return node.methods.size > 0 ? node : undefined
  const next = node.literal.get(segment)
  const literal = next && find(next, segments, at + 1, values)
  if (literal) return literal
  const taken = values.length
  if (node.parameter && segment !== '') {
    values.push(segment)
    const found = find(node.parameter, segments, at + 1, values)
    if (found) return found
    values.length = taken
  }
  if (node.greedy) values.push(segments.slice(at).join('/'))
  return node.greedy
}

function nodeOf(root: Node, segments: readonly string[]): Node {
  let node = root
  for (const segment of segments) {
    if (segment.endsWith('+}')) node = node.greedy ??= newNode()
    else if (segment.startsWith('{')) node = node.parameter ??= newNode()
    else {
      const next = node.literal.get(segment) ?? newNode()
      node.literal.set(segment, next)
      node = next
    }
  }
  return node
}

function segmentsOf(path: string): readonly string[] {
  const segments = path.split('/').slice(1)
  if (segments.at(-1) === '') segments.pop()
  return segments
}

function newNode(): Node {
  return { methods: new Map(), literal: new Map() }
}
