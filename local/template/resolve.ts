/** A CloudFormation template as far as it matters here. */
export type Template = Readonly<{
  Parameters?: Readonly<Record<string, Readonly<{ Default?: unknown }>>>
  Conditions?: Readonly<Record<string, unknown>>
  Resources: Readonly<Record<string, Resource>>
  Outputs?: Readonly<Record<string, Readonly<{ Value: unknown; Export?: { Name: unknown } }>>>
}>

export type Resource = Readonly<{
  Type: string
  Condition?: string
  Properties?: Readonly<Record<string, unknown>>
  Metadata?: Readonly<Record<string, unknown>>
}>

/** What a template's references lead to. */
export type Scope = Readonly<{
  stack: string
  template: Template
  parameters: Readonly<Record<string, unknown>>
  /** Attributes and names of resources: `attribute` is undefined for a plain `Ref`. */
  lookUp: (logicalId: string, attribute: string | undefined) => unknown
  /** Values that other stacks export, by export name. */
  imported: (name: string) => unknown
}>

/** The account and region that a place without AWS shows in ARNs. */
export const PSEUDO_PARAMETERS: Readonly<Record<string, unknown>> = {
  'AWS::AccountId': '000000000000',
  'AWS::Region': 'local',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'localhost',
  'AWS::NotificationARNs': [],
}

const NO_VALUE = Symbol('AWS::NoValue')

/**
 * Replaces the intrinsic functions in a template value by what they mean (CloudFormation user guide,
 * "Intrinsic function reference"): Ref, GetAtt, Sub, Join, Select, Split, If, ImportValue and the
 * condition functions.
 *
 * @throws `Error` naming what a template asks for that is not here.
 */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = resolveAny(value, scope)
  return resolved === NO_VALUE ? undefined : resolved
}

/** Whether a resource exists: it has no condition, or one that holds. */
export function exists(resource: Resource, scope: Scope): boolean {
  return resource.Condition === undefined || condition(resource.Condition, scope)
}

function resolveAny(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolveAny(item, scope)).filter((item) => item !== NO_VALUE)
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [only] = entries
  if (only && entries.length === 1) {
    const [name, argument] = only
    const intrinsic = intrinsics[name]
    if (intrinsic) return intrinsic(argument, scope)
    if (name.startsWith('Fn::'))
      throw new Error(`${scope.stack} uses ${name}, which is not known here`)
  }
  const resolved = entries.map(([name, item]) => [name, resolveAny(item, scope)] as const)
  return Object.fromEntries(resolved.filter(([, item]) => item !== NO_VALUE))
}

type Intrinsic = (argument: unknown, scope: Scope) => unknown

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (name, scope) => reference(String(name), scope),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, ...attribute] = Array.isArray(argument)
      ? argument.map(String)
      : String(argument).split('.')
    return scope.lookUp(logicalId ?? '', attribute.join('.'))
  },
  'Fn::Join': (argument, scope) => {
    const [separator, items] = list(resolveAny(argument, scope))
    return list(items).map(String).join(String(separator))
  },
  'Fn::Split': (argument, scope) => {
    const [separator, text] = list(resolveAny(argument, scope))
    return String(text).split(String(separator))
  },
  'Fn::Select': (argument, scope) => {
    const [index, items] = list(resolveAny(argument, scope))
    return list(items)[Number(index)]
  },
  'Fn::Sub': (argument, scope) => {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}]
    const own = (resolveAny(variables, scope) ?? {}) as Record<string, unknown>
    return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`
      if (name in own) return String(own[name])
      const [logicalId = '', ...attribute] = name.split('.')
      const isReference = attribute.length === 0
      return String(
        isReference ? reference(logicalId, scope) : scope.lookUp(logicalId, attribute.join('.')),
      )
    })
  },
  'Fn::ImportValue': (argument, scope) => scope.imported(String(resolveAny(argument, scope))),
  'Fn::If': (argument, scope) => {
    const [name, whenTrue, whenFalse] = list(argument)
    return resolveAny(condition(String(name), scope) ? whenTrue : whenFalse, scope)
  },
  'Fn::Equals': (argument, scope) => {
    const [one, other] = list(resolveAny(argument, scope))
    return one === other
  },
  'Fn::Not': (argument, scope) => !truth(list(argument)[0], scope),
  'Fn::And': (argument, scope) => list(argument).every((item) => truth(item, scope)),
  'Fn::Or': (argument, scope) => list(argument).some((item) => truth(item, scope)),
}

function reference(name: string, scope: Scope): unknown {
  if (name === 'AWS::NoValue') return NO_VALUE
  if (name === 'AWS::StackName' || name === 'AWS::StackId') return scope.stack
  if (name in PSEUDO_PARAMETERS) return PSEUDO_PARAMETERS[name]
  const parameter = scope.template.Parameters?.[name]
  if (!parameter) return scope.lookUp(name, undefined)
  const value = scope.parameters[name] ?? parameter.Default
  if (value === undefined) throw new Error(`${scope.stack} needs a value for its parameter ${name}`)
  return value
}

function condition(name: string, scope: Scope): boolean {
  const expression = scope.template.Conditions?.[name]
  if (expression === undefined) throw new Error(`${scope.stack} has no condition ${name}`)
  return truth(expression, scope)
}

/** A condition function's argument: a nested one, or `{ "Condition": name }`. */
function truth(expression: unknown, scope: Scope): boolean {
  const named = (expression as { Condition?: unknown } | null)?.Condition
  if (typeof named === 'string') return condition(named, scope)
  return resolveAny(expression, scope) === true
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('a template function was given no list')
  return value
}
